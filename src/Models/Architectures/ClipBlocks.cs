using ClipFusion.Models.Graph;

namespace ClipFusion.Models.Architectures;

/// <summary>What OpenCLIP's image and text towers have in common.</summary>
internal static class ClipBlocks
{
    /// <summary>c_proj(gelu(c_fc(x))).</summary>
    public static Value Mlp(GraphBuilder g, Module m, Value x, int width, int mlpWidth, bool quickGelu)
    {
        using GraphScope scope = m.Enter();
        Value h = m["c_fc"].Linear(x, mlpWidth);
        return m["c_proj"].Linear(quickGelu ? g.QuickGelu(h) : g.Gelu(h), width);
    }

    /// <summary>float32 [length, length], 0 where a position may look (itself and before), the most negative finite number
    /// elsewhere.</summary>
    public static Value CausalMask(GraphBuilder g, int length)
    {
        var mask = new double[length * length];
        for (int row = 0; row < length; row++)
            mask.AsSpan(row * length + row + 1, length - row - 1).Fill(float.MinValue);
        return g.Constant(ElementType.Float32, mask, length, length);
    }
}
