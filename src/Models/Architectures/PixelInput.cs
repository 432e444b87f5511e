using ClipFusion.Models.Graph;

namespace ClipFusion.Models.Architectures;

/// <summary>How networks take 8-bit pictures.</summary>
internal static class PixelInput
{
    /// <summary>(u8 / 255 - mean) / std per channel: uint8 [N, S, S, 3] to float32 [N, 3, S, S].</summary>
    public static Value Normalized(GraphBuilder g, Value pixels, IReadOnlyList<float> mean, IReadOnlyList<float> std)
    {
        Value x = g.Transpose(g.Cast(pixels, ElementType.Float32), 0, 3, 1, 2);
        Value means = g.Constant(ElementType.Float32, [.. mean.Select(m => (double)m)], 3, 1, 1);
        Value stds = g.Constant(ElementType.Float32, [.. std.Select(s => (double)s)], 3, 1, 1);
        return g.Div(g.Sub(g.Div(x, g.Scalar(ElementType.Float32, 255)), means), stds);
    }
}
