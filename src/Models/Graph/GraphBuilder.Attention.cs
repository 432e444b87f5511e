namespace ClipFusion.Models.Graph;

/// <content>Scaled dot-product attention.</content>
public sealed partial class GraphBuilder
{
    /// <summary>softmax(Q K^T / sqrt d) V over all heads, logits and softmax in float32.</summary>
    /// <param name="q">[N, L, C].</param>
    /// <param name="k">[N, S, C].</param>
    /// <param name="v">[N, S, C].</param>
    /// <param name="heads">Divides C.</param>
    /// <returns>[N, L, C], before the output projection.</returns>
    public Value Attention(Value q, Value k, Value v, int heads)
    {
        if (Target == GraphTarget.TensorRt)
            return MergeHeads(WeightedValues(AttentionProbabilities(q, k, heads), v, heads));
        _usesContrib = true;
        Value result = Emit("MultiHeadAttention", [q, k, v], q.Type, q.Shape, Attr("num_heads", (long)heads));
        _graph.Node[^1].Domain = ContribDomain;
        return result;
    }

    /// <summary>softmax(Q K^T / sqrt d + mask), in float32.</summary>
    /// <param name="q">[N, L, C].</param>
    /// <param name="k">[N, S, C].</param>
    /// <param name="heads">Divides C.</param>
    /// <param name="mask">Added to the logits, float32 [L, S], or null.</param>
    /// <returns>float32 [N, heads, L, S].</returns>
    public Value AttentionProbabilities(Value q, Value k, int heads, Value? mask = null)
    {
        int width = q.Fixed(2) / heads;
        // Widened before the product: at SD 2's scale the logits of several heads lie beyond float16.
        Value queries = Transpose(SplitHeads(Scale(Cast(q, ElementType.Float32), 1 / Math.Sqrt(width)), heads), 0, 2, 1, 3);
        Value keys = Transpose(SplitHeads(Cast(k, ElementType.Float32), heads), 0, 2, 3, 1);
        Value logits = MatMul(queries, keys);
        return Softmax(mask is null ? logits : Add(logits, mask));
    }

    /// <summary>Probabilities times values.</summary>
    /// <param name="probabilities">float32 [N, heads, L, S].</param>
    /// <param name="v">[N, S, C].</param>
    /// <param name="heads">Divides C.</param>
    /// <returns>[N, heads, L, C / heads] in the type of <paramref name="v"/>.</returns>
    public Value WeightedValues(Value probabilities, Value v, int heads) =>
        MatMul(Cast(probabilities, v.Type), Transpose(SplitHeads(v, heads), 0, 2, 1, 3));

    /// <summary>[N, heads, L, d] to [N, L, heads d].</summary>
    public Value MergeHeads(Value x) => Reshape(Transpose(x, 0, 2, 1, 3), x[0], x[2], x.Fixed(1) * (long)x.Fixed(3));

    private Value SplitHeads(Value x, int heads)
    {
        if (x.Rank != 3 || x.Fixed(2) % heads != 0)
            throw new GraphException($"attention: {x} does not split into {heads} heads");
        return Reshape(x, x[0], x[1], heads, x.Fixed(2) / heads);
    }
}
