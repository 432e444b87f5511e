using System.Numerics.Tensors;

namespace ClipFusion.Inspection.Maps;

/// <summary>Maximum and median of a map over the cells that are not ignored. Nothing is copied and nothing is allocated.</summary>
public static class MapStatistics
{
    /// <summary>The largest value of the cells that are not ignored; NaN if one of them is NaN.</summary>
    /// <param name="values">The map's values, in any range.</param>
    /// <param name="ignored">True where a cell does not count, one entry a value; null = every cell counts.</param>
    /// <exception cref="ArgumentException">There are no values, every cell is ignored, or the lengths differ.</exception>
    public static float Max(ReadOnlySpan<float> values, ReadOnlySpan<bool> ignored = default)
    {
        CountedCells(values, ignored);
        if (ignored.IsEmpty)
            return TensorPrimitives.Max(values);
        float max = float.NegativeInfinity;
        for (int i = 0; i < values.Length; i++)
        {
            if (!ignored[i])
                max = MathF.Max(max, values[i]);
        }

        return max;
    }

    /// <summary>The median of the cells that are not ignored; of an even count the mean of the two middle values.</summary>
    /// <param name="values">The map's values, none of them NaN.</param>
    /// <param name="ignored">True where a cell does not count, one entry a value; null = every cell counts.</param>
    /// <exception cref="ArgumentException">There are no values, every cell is ignored, or the lengths differ.</exception>
    public static float Median(ReadOnlySpan<float> values, ReadOnlySpan<bool> ignored = default)
    {
        int count = CountedCells(values, ignored);
        float upper = Select(values, ignored, count / 2);
        return count % 2 == 1 ? upper : (float)(((double)Select(values, ignored, (count / 2) - 1) + upper) / 2);
    }

    /// <summary>The mean of the largest values of the cells that are not ignored.</summary>
    /// <param name="values">The map's values, none of them NaN.</param>
    /// <param name="largest">How many of them, at least 1; all where there are fewer.</param>
    /// <param name="ignored">True where a cell does not count, one entry a value; null = every cell counts.</param>
    /// <exception cref="ArgumentException">There are no values, every cell is ignored, or the lengths differ.</exception>
    public static float MeanOfLargest(ReadOnlySpan<float> values, int largest, ReadOnlySpan<bool> ignored = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(largest, 1);
        int count = CountedCells(values, ignored);
        largest = Math.Min(largest, count);
        float least = Select(values, ignored, count - largest);
        double sum = 0;
        int above = 0;
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i] <= least || (!ignored.IsEmpty && ignored[i]))
                continue;
            sum += values[i];
            above++;
        }

        // Of equal values at the edge as many as there is room for.
        return (float)((sum + ((double)least * (largest - above))) / largest);
    }

    /// <summary>
    /// The value of rank <paramref name="rank"/> (0 = smallest) by radix selection over the bits of an order-preserving integer:
    /// four passes whatever the values are, where a quickselect needs a copy and has bad cases.
    /// </summary>
    private static float Select(ReadOnlySpan<float> values, ReadOnlySpan<bool> ignored, int rank)
    {
        Span<int> histogram = stackalloc int[256];
        uint prefix = 0,
            mask = 0;
        for (int shift = 24; shift >= 0; shift -= 8)
        {
            histogram.Clear();
            for (int i = 0; i < values.Length; i++)
            {
                if (!ignored.IsEmpty && ignored[i])
                    continue;
                uint key = OrderedBits(values[i]);
                if ((key & mask) == prefix)
                    histogram[(int)(key >> shift) & 0xFF]++;
            }

            int digit = 0;
            while (rank >= histogram[digit])
                rank -= histogram[digit++];
            prefix |= (uint)digit << shift;
            mask |= 0xFFu << shift;
        }

        return FromOrderedBits(prefix);
    }

    private static uint OrderedBits(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return (bits & 0x8000_0000) != 0 ? ~bits : bits | 0x8000_0000;
    }

    private static float FromOrderedBits(uint key) => BitConverter.UInt32BitsToSingle((key & 0x8000_0000) != 0 ? key & 0x7FFF_FFFF : ~key);

    private static int CountedCells(ReadOnlySpan<float> values, ReadOnlySpan<bool> ignored)
    {
        if (values.IsEmpty)
            throw new ArgumentException("The map has no cells; at least one is needed.", nameof(values));
        if (ignored.IsEmpty)
            return values.Length;
        if (ignored.Length != values.Length)
        {
            throw new ArgumentException(
                $"The ignore mask has {ignored.Length} cells and the map has {values.Length}; both must be of the same grid.",
                nameof(ignored)
            );
        }

        int count = values.Length - ignored.Count(true);
        return count > 0
            ? count
            : throw new ArgumentException($"All {values.Length} cells of the map are ignored; at least one must count.", nameof(ignored));
    }
}
