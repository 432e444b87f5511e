namespace ClipFusion.Models.Weights;

/// <summary>Arithmetic and spelling of shapes.</summary>
internal static class Shapes
{
    /// <summary>More axes than any published network has; bounds what a hostile header can make us hold.</summary>
    public const int MaxRank = 16;

    /// <summary>Number of elements of a shape known to be valid.</summary>
    public static long Product(IReadOnlyList<long> shape)
    {
        long product = 1;
        for (int i = 0; i < shape.Count; i++)
            product = checked(product * shape[i]);
        return product;
    }

    /// <summary>Bits of a tensor, unless an axis is negative or the product, in the order of the axes, leaves 64 bits.</summary>
    public static bool TryBitLength(IReadOnlyList<long> shape, int bitsPerElement, out long bits)
    {
        bits = bitsPerElement;
        for (int i = 0; i < shape.Count; i++)
        {
            long high = Math.BigMul(bits, shape[i], out long low);
            if (shape[i] < 0 || high != 0 || low < 0)
                return false;
            bits = low;
        }

        return true;
    }

    /// <summary>The shape as messages spell it: <c>[320, 4, 3, 3]</c>.</summary>
    public static string Text(IEnumerable<long> shape) => $"[{string.Join(", ", shape)}]";
}
