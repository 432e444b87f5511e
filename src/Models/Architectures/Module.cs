using ClipFusion.Models.Graph;
using ClipFusion.Models.Weights;

namespace ClipFusion.Models.Architectures;

/// <summary>Where a network's layers come from and go to: published weights in, graph and external-data file out.</summary>
/// <param name="Graph">The graph under construction.</param>
/// <param name="Weights">The published weights.</param>
/// <param name="Store">The network's external-data file.</param>
/// <param name="Compute">Element type of products and activations; normalisation and softmax are float32 whatever it is.</param>
public sealed record NetworkContext(GraphBuilder Graph, IWeights Weights, ExternalWeightFile Store, ElementType Compute)
{
    /// <summary>Whether <see cref="Compute"/> is wider here than in the rest of the network, so that another graph may have the same
    /// weights in the narrower type.</summary>
    public bool IsWidened { get; init; }
}

/// <summary>
/// A point in a network's tree of published tensor names (<c>down_blocks.0.resnets.1</c>), with the layers that can stand there.
/// Indexing goes one level down.
/// </summary>
public readonly record struct Module(NetworkContext Context, string Path)
{
    private const double LayerNormEpsilon = 1e-5;

    /// <summary>The child of that name.</summary>
    public Module this[string child] => new(Context, Path.Length == 0 ? child : $"{Path}.{child}");

    /// <summary>The numbered child.</summary>
    public Module this[int index] => this[index.ToString()];

    /// <summary>The same point, with layers in float32 whatever the pack's precision.</summary>
    public Module Wide =>
        new(Context with { Compute = ElementType.Float32, IsWidened = Context.IsWidened || Context.Compute != ElementType.Float32 }, Path);

    private GraphBuilder G => Context.Graph;

    /// <summary>What is written until the result is disposed is named after this point.</summary>
    public GraphScope Enter() => G.Scope(Path);

    /// <summary>Whether the published weights have a tensor of this name below this point.</summary>
    public bool Has(string tensor) => Context.Weights.Contains(this[tensor].Path);

    /// <summary>x W^T + b in the compute type. Stored transposed, so that the product needs no transposition at run time.</summary>
    /// <param name="x">[..., in].</param>
    /// <param name="outFeatures">Rows of the published weight.</param>
    /// <param name="bias">Whether there is one.</param>
    public Value Linear(Value x, int outFeatures, bool bias = true) => Linear(x, outFeatures, bias, "weight", "bias");

    /// <summary>As <see cref="Linear(Value, int, bool)"/>, for a layer that calls its tensors otherwise.</summary>
    public Value Linear(Value x, int outFeatures, bool bias, string weightName, string biasName)
    {
        using GraphScope scope = Enter();
        Value y = G.MatMul(G.Cast(x, Context.Compute), Transposed(weightName, outFeatures, x.Fixed(-1)));
        return bias ? G.Add(y, Tensor(biasName, Context.Compute, outFeatures)) : y;
    }

    /// <summary>The gradient at x of <see cref="Linear(Value, int, bool)"/> from the gradient D at its result: D W, in the compute
    /// type.</summary>
    /// <param name="gradient">[..., out].</param>
    /// <param name="inFeatures">Columns of the published weight.</param>
    /// <param name="weightName">What the layer calls it.</param>
    public Value LinearGradient(Value gradient, int inFeatures, string weightName = "weight")
    {
        using GraphScope scope = Enter();
        Value weight = G.Transpose(Transposed(weightName, gradient.Fixed(-1), inFeatures), 1, 0);
        return G.MatMul(G.Cast(gradient, Context.Compute), weight);
    }

    /// <summary>Several projections of the same x as one product: x [W1; W2; ...]^T, without bias.</summary>
    /// <param name="x">[..., in].</param>
    /// <param name="outFeatures">Rows of each.</param>
    /// <param name="children">Names of the projections below this point.</param>
    public Value[] LinearTogether(Value x, int outFeatures, params string[] children) => LinearTogether(x, outFeatures, false, children);

    /// <summary>As <see cref="LinearTogether(Value, int, string[])"/>, with or without the projections' biases.</summary>
    public Value[] LinearTogether(Value x, int outFeatures, bool bias, params string[] children)
    {
        using GraphScope scope = Enter();
        Module self = this;
        int inFeatures = x.Fixed(-1);
        WeightTensor[] parts = [.. children.Select(c => self.Require($"{c}.weight", outFeatures, inFeatures))];
        Value weight = Store(
            Key($"{Path}.{string.Join('+', children)}.weight.transposed"),
            Context.Compute,
            [inFeatures, outFeatures * (long)parts.Length],
            () => Transpose([.. parts.SelectMany(Read)], outFeatures * parts.Length, inFeatures)
        );
        Value together = G.MatMul(G.Cast(x, Context.Compute), weight);
        if (bias)
            together = G.Add(together, BiasTogether(outFeatures, children));
        return [.. children.Select((_, i) => self.G.Slice(together, -1, i * (long)outFeatures, (i + 1) * (long)outFeatures))];
    }

    /// <summary>x M for a published matrix that is stored the way it is applied (OpenCLIP's <c>proj</c>), in the type of x.</summary>
    public Value Project(Value x, string matrix, int outFeatures)
    {
        using GraphScope scope = this[matrix].Enter();
        return G.MatMul(x, Tensor(matrix, x.Type, x.Fixed(-1), outFeatures));
    }

    /// <summary>Square convolution in the compute type.</summary>
    /// <param name="x">[N, C, H, W].</param>
    /// <param name="outChannels">Rows of the published weight.</param>
    /// <param name="kernel">Side.</param>
    /// <param name="stride">Step.</param>
    /// <param name="padding">Zeros on each side; null keeps the size (kernel / 2).</param>
    /// <param name="bias">Whether there is one.</param>
    public Value Conv(Value x, int outChannels, int kernel = 3, int stride = 1, (int, int, int, int)? padding = null, bool bias = true)
    {
        using GraphScope scope = Enter();
        int p = kernel / 2;
        Value weight = Tensor("weight", Context.Compute, outChannels, x.Fixed(1), kernel, kernel);
        return G.Conv(
            G.Cast(x, Context.Compute),
            weight,
            bias ? Tensor("bias", Context.Compute, outChannels) : null,
            stride,
            padding ?? (p, p, p, p)
        );
    }

    /// <summary>Layer normalisation over the last axis.</summary>
    public Value LayerNorm(Value x, double epsilon = LayerNormEpsilon)
    {
        using GraphScope scope = Enter();
        return G.LayerNorm(
            x,
            Tensor("weight", ElementType.Float32, x.Fixed(-1)),
            Tensor("bias", ElementType.Float32, x.Fixed(-1)),
            epsilon
        );
    }

    /// <summary>Group normalisation over the channels of [N, C, H, W].</summary>
    public Value GroupNorm(Value x, int groups, double epsilon)
    {
        using GraphScope scope = Enter();
        return G.GroupNorm(
            x,
            Tensor("weight", ElementType.Float32, x.Fixed(1)),
            Tensor("bias", ElementType.Float32, x.Fixed(1)),
            groups,
            epsilon
        );
    }

    /// <summary>A published tensor as it is.</summary>
    public Value Tensor(string name, ElementType type, params long[] shape)
    {
        WeightTensor tensor = Require(name, shape);
        return Store(
            type == Context.Compute && !Context.IsWidened ? tensor.Name : $"{tensor.Name}.{type}",
            type,
            shape,
            () => Read(tensor)
        );
    }

    /// <summary>A tensor that is worked out from the published ones when the graph is written.</summary>
    /// <param name="name">Says what was done, such as <c>position_embeddings.32</c>; with the point's path it is the tensor's name.</param>
    /// <param name="shape">Fixed lengths, outermost first.</param>
    /// <param name="make">Gives all elements in row-major order.</param>
    public Value Computed(string name, IReadOnlyList<long> shape, Func<float[]> make) =>
        Store($"{this[name].Path}.{ElementType.Float32}", ElementType.Float32, shape, make);

    /// <summary>A published tensor's elements in row-major order.</summary>
    public float[] Values(string name, params ReadOnlySpan<long> shape) => Read(Require(name, shape));

    private Value BiasTogether(int outFeatures, string[] children)
    {
        Module self = this;
        WeightTensor[] parts = [.. children.Select(c => self.Require($"{c}.bias", outFeatures))];
        return Store(
            Key($"{Path}.{string.Join('+', children)}.bias"),
            Context.Compute,
            [outFeatures * (long)parts.Length],
            () => [.. parts.SelectMany(Read)]
        );
    }

    private Value Transposed(string name, int rows, int columns)
    {
        WeightTensor tensor = Require(name, rows, columns);
        return Store(Key($"{tensor.Name}.transposed"), Context.Compute, [columns, rows], () => Transpose(Read(tensor), rows, columns));
    }

    private string Key(string stored) => Context.IsWidened ? $"{stored}.{Context.Compute}" : stored;

    private WeightTensor Require(string name, params ReadOnlySpan<long> shape) => Context.Weights.Require(this[name].Path, shape);

    private Value Store(string key, ElementType type, IReadOnlyList<long> shape, Func<float[]> read) =>
        G.Weight(Context.Store.Add(key, type, shape, read));

    private static float[] Read(WeightTensor tensor)
    {
        var values = new float[tensor.Count];
        tensor.Read(0, values);
        return values;
    }

    private static float[] Transpose(float[] source, int rows, int columns)
    {
        const int Tile = 32;
        var result = new float[source.Length];
        for (int r0 = 0; r0 < rows; r0 += Tile)
        for (int c0 = 0; c0 < columns; c0 += Tile)
        for (int r = r0; r < Math.Min(r0 + Tile, rows); r++)
        for (int c = c0; c < Math.Min(c0 + Tile, columns); c++)
            result[(long)c * rows + r] = source[(long)r * columns + c];
        return result;
    }
}
