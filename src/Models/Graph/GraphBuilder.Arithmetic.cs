namespace ClipFusion.Models.Graph;

/// <content>Element-wise operators, reductions and matrix products.</content>
public sealed partial class GraphBuilder
{
    /// <summary>a + b, broadcast as in ONNX.</summary>
    public Value Add(Value a, Value b) => Binary("Add", a, b);

    /// <summary>A branch's result on the residual stream, which keeps its own (wider) type.</summary>
    public Value AddTo(Value stream, Value branch) => Add(stream, Cast(branch, stream.Type));

    /// <summary>a - b, broadcast as in ONNX.</summary>
    public Value Sub(Value a, Value b) => Binary("Sub", a, b);

    /// <summary>a x b, element by element, broadcast as in ONNX.</summary>
    public Value Mul(Value a, Value b) => Binary("Mul", a, b);

    /// <summary>a / b, broadcast as in ONNX.</summary>
    public Value Div(Value a, Value b) => Binary("Div", a, b);

    /// <summary>x times a number.</summary>
    public Value Scale(Value x, double factor) => Mul(x, Scalar(x.Type, factor));

    /// <summary>x plus a number.</summary>
    public Value Shift(Value x, double term) => Add(x, Scalar(x.Type, term));

    /// <summary>Logistic function.</summary>
    public Value Sigmoid(Value x) => Emit("Sigmoid", [x], x.Type, x.Shape);

    /// <summary>Error function.</summary>
    public Value Erf(Value x) => Emit("Erf", [x], x.Type, x.Shape);

    /// <summary>Sine.</summary>
    public Value Sin(Value x) => Emit("Sin", [x], x.Type, x.Shape);

    /// <summary>Cosine.</summary>
    public Value Cos(Value x) => Emit("Cos", [x], x.Type, x.Shape);

    /// <summary>e to the power of x.</summary>
    public Value Exp(Value x) => Emit("Exp", [x], x.Type, x.Shape);

    /// <summary>Square root.</summary>
    public Value Sqrt(Value x) => Emit("Sqrt", [x], x.Type, x.Shape);

    /// <summary>The larger of x and 0.</summary>
    public Value Relu(Value x) => Emit("Relu", [x], x.Type, x.Shape);

    /// <summary>SiLU (swish): x sigmoid(x).</summary>
    public Value Silu(Value x) => Mul(x, Sigmoid(x));

    /// <summary>GELU with the exact error function: x/2 (1 + erf(x / sqrt 2)).</summary>
    public Value Gelu(Value x) => Mul(Mul(x, Shift(Erf(Div(x, Scalar(x.Type, Math.Sqrt(2)))), 1)), Scalar(x.Type, 0.5));

    /// <summary>OpenAI's approximation of GELU: x sigmoid(1.702 x).</summary>
    public Value QuickGelu(Value x) => Mul(x, Sigmoid(Scale(x, 1.702)));

    /// <summary>Converts the element type; nothing is written when it is that type already.</summary>
    public Value Cast(Value x, ElementType type) => x.Type == type ? x : Emit("Cast", [x], type, x.Shape, Attr("to", (long)type));

    /// <summary>Softmax over <paramref name="axis"/>, always in float32.</summary>
    public Value Softmax(Value x, int axis = -1)
    {
        Value wide = Cast(x, ElementType.Float32);
        return Emit("Softmax", [wide], wide.Type, wide.Shape, Attr("axis", (long)axis));
    }

    /// <summary>Mean over one axis, which is dropped.</summary>
    public Value Mean(Value x, int axis)
    {
        axis = axis < 0 ? axis + x.Rank : axis;
        return Emit("ReduceMean", [x], x.Type, [.. x.Shape.Where((_, i) => i != axis)], Attr("axes", [(long)axis]), Attr("keepdims", 0L));
    }

    /// <summary>x / ||x|| over the last axis, in float32. A zero vector gives NaN, which the caller must refuse.</summary>
    public Value Normalize(Value x)
    {
        Value wide = Cast(x, ElementType.Float32);
        Value norm = Emit("ReduceL2", [wide], wide.Type, [.. wide.Shape.SkipLast(1), 1L], Attr("axes", [-1L]), Attr("keepdims", 1L));
        return Div(wide, norm);
    }

    /// <summary>Index of the largest element along the last axis, which is dropped; the first one where several are equal.</summary>
    public Value ArgMax(Value x) =>
        Emit(
            "ArgMax",
            [x],
            ElementType.Int64,
            [.. x.Shape.SkipLast(1)],
            Attr("axis", -1L),
            Attr("keepdims", 0L),
            Attr("select_last_index", 0L)
        );

    /// <summary>Matrix product over the last two axes, the leading ones broadcast.</summary>
    /// <exception cref="GraphException">Types or inner lengths differ.</exception>
    public Value MatMul(Value a, Value b)
    {
        if (a.Type != b.Type || a.Rank < 2 || b.Rank < 2 || !Same(a[-1], b[-2]))
            throw new GraphException($"MatMul: {a} does not fit {b}");
        IReadOnlyList<Dim> batch = Broadcast("MatMul", [.. a.Shape.SkipLast(2)], [.. b.Shape.SkipLast(2)], a, b);
        return Emit("MatMul", [a, b], a.Type, [.. batch, a[-2], b[-1]]);
    }

    /// <summary>2-D convolution with bias.</summary>
    /// <param name="x">[N, C, H, W], C, H, W fixed.</param>
    /// <param name="weight">[O, C, kh, kw].</param>
    /// <param name="bias">[O], or null.</param>
    /// <param name="stride">Step in both directions.</param>
    /// <param name="pads">Zeros added: top, left, bottom, right.</param>
    public Value Conv(Value x, Value weight, Value? bias, int stride, (int Top, int Left, int Bottom, int Right) pads)
    {
        if (x.Rank != 4 || weight.Rank != 4 || x.Type != weight.Type || !Same(x[1], weight[1]))
            throw new GraphException($"Conv: {x} does not fit weight {weight}");
        int kh = weight.Fixed(2),
            kw = weight.Fixed(3);
        long h = (x.Fixed(2) + pads.Top + pads.Bottom - kh) / stride + 1;
        long w = (x.Fixed(3) + pads.Left + pads.Right - kw) / stride + 1;
        return Emit(
            "Conv",
            bias is null ? [x, weight] : [x, weight, bias],
            x.Type,
            [x[0], weight[0], h, w],
            Attr("kernel_shape", kh, kw),
            Attr("strides", stride, stride),
            Attr("pads", pads.Top, pads.Left, pads.Bottom, pads.Right)
        );
    }

    /// <summary>Layer normalisation over the last axis, in float32 whatever the operand's type.</summary>
    public Value LayerNorm(Value x, Value scale, Value bias, double epsilon)
    {
        Value wide = Cast(x, ElementType.Float32);
        if (!Same(wide[-1], scale[-1]))
            throw new GraphException($"LayerNorm: {x} does not fit scale {scale}");
        return Emit("LayerNormalization", [wide, scale, bias], wide.Type, wide.Shape, Attr("axis", -1L), Attr("epsilon", (float)epsilon));
    }

    /// <summary>Group normalisation of [N, C, H, W], in float32 whatever the operand's type.</summary>
    public Value GroupNorm(Value x, Value scale, Value bias, int groups, double epsilon)
    {
        int channels = x.Fixed(1),
            height = x.Fixed(2),
            width = x.Fixed(3);
        if (x.Rank != 4 || channels % groups != 0 || !Same(x[1], scale[0]))
            throw new GraphException($"GroupNorm: {x} does not fit {groups} groups and scale {scale}");
        Value wide = Cast(x, ElementType.Float32),
            perChannel = Reshape(scale, channels, 1, 1),
            offset = Reshape(bias, channels, 1, 1);
        if (Target == GraphTarget.TensorRt)
        {
            Value grouped = Reshape(wide, x[0], groups, channels / groups * (long)height * width);
            Value ones = Constant(ElementType.Float32, Enumerable.Repeat(1.0, groups).ToArray(), groups);
            Value zeros = Constant(ElementType.Float32, new double[groups], groups);
            Value y = Emit("InstanceNormalization", [grouped, ones, zeros], grouped.Type, grouped.Shape, Attr("epsilon", (float)epsilon));
            return Add(Mul(Reshape(y, [.. x.Shape]), perChannel), offset);
        }

        Value rows = Reshape(wide, x[0], groups, channels / groups * (long)height * width);
        Value centred = Sub(rows, StagedMean(rows, "ReduceMean"));
        Value variance = StagedMean(centred, "ReduceSumSquare");
        Value deviation = Sqrt(Shift(variance, epsilon));
        Value spread = Reshape(Div(centred, deviation), [.. x.Shape]);
        return Add(Mul(spread, perChannel), offset);
    }

    /// <summary>Mean (or mean square) over the last axis of [N, G, L] in stages of few terms each, so that no running sum is long: [N, G,
    /// 1].</summary>
    private Value StagedMean(Value x, string firstReduction)
    {
        const int MaximumTerms = 64;
        string reduction = firstReduction;
        while (x.Fixed(2) > 1)
        {
            int length = x.Fixed(2),
                terms = Enumerable.Range(2, MaximumTerms - 1).LastOrDefault(n => length % n == 0, length);
            Value parts = Reshape(x, x[0], x[1], length / terms, terms);
            x = Emit(reduction, [parts], x.Type, [x[0], x[1], length / terms], Attr("axes", [-1L]), Attr("keepdims", 0L));
            if (reduction != "ReduceMean")
                x = Scale(x, 1.0 / terms);
            reduction = "ReduceMean";
        }

        return x;
    }

    private Value Binary(string op, Value a, Value b)
    {
        if (a.Type != b.Type)
            throw new GraphException($"{op}: types of {a} and {b} differ");
        return Emit(op, [a, b], a.Type, Broadcast(op, a.Shape, b.Shape, a, b));
    }

    private static bool Same(Dim a, Dim b) => a == b;

    private static Dim[] Broadcast(string op, IReadOnlyList<Dim> a, IReadOnlyList<Dim> b, Value left, Value right)
    {
        var shape = new Dim[Math.Max(a.Count, b.Count)];
        for (int i = 1; i <= shape.Length; i++)
        {
            Dim p = i <= a.Count ? a[^i] : 1,
                q = i <= b.Count ? b[^i] : 1;
            shape[^i] =
                p == q || q == 1 ? p
                : p == 1 ? q
                : throw new GraphException($"{op}: {left} and {right} do not broadcast");
        }

        return shape;
    }
}
