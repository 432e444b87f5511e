namespace ClipFusion.Imaging;

/// <summary>
/// Pillow's weights for one axis: target pixel i is the sum of <c>Weights[i, k] * source[Start[i] + k]</c>, k below <c>Count[i]</c>, in
/// fixed point with 22 fractional bits. Immutable; the packed forms for vector units are made when first asked for.
/// </summary>
internal sealed class ResampleTable
{
    /// <summary>Fractional bits of a weight: 32 less 8 for the pixel and 2 for sign and overshoot.</summary>
    public const int FractionBits = 22;

    /// <summary>One half, added before the fraction is shifted out.</summary>
    public const int Half = 1 << (FractionBits - 1);

    private readonly Lazy<short[]> _colour;
    private readonly Lazy<short[]> _grey;
    private readonly Lazy<int[]> _rowPairs;

    public ResampleTable(int sourceSize, int targetSize, ResampleFilter filter)
    {
        (SourceSize, TargetSize) = (sourceSize, targetSize);
        double scale = (double)sourceSize / targetSize,
            widening = Math.Max(scale, 1.0),
            inverse = 1.0 / widening;
        double support = (filter == ResampleFilter.Bicubic ? 2.0 : 1.0) * widening;
        // Whole groups of 16, so that a vector load of weights never leaves the table.
        Stride = (Math.Min((int)Math.Ceiling(support) * 2 + 1, sourceSize) + 15) & ~15;
        Start = new int[targetSize];
        Count = new int[targetSize];
        Weights = new int[checked(targetSize * Stride)];

        double[] real = new double[Stride];
        for (int i = 0; i < targetSize; i++)
        {
            double centre = (i + 0.5) * scale,
                sum = 0;
            int start = Math.Max((int)(centre - support + 0.5), 0),
                end = Math.Min((int)(centre + support + 0.5), sourceSize);
            for (int k = 0; k < end - start; k++)
            {
                real[k] = Kernel(filter, (k + start - centre + 0.5) * inverse);
                sum += real[k];
            }

            for (int k = 0; k < end - start; k++)
            {
                double w = (sum != 0 ? real[k] / sum : real[k]) * (1 << FractionBits);
                Weights[i * Stride + k] = (int)(w < 0 ? w - 0.5 : w + 0.5);
            }

            (Start[i], Count[i]) = (start, end - start);
            LongestWindow = Math.Max(LongestWindow, end - start);
        }

        _colour = new Lazy<short[]>(() => Split(4));
        _grey = new Lazy<short[]>(() => Split(16));
        _rowPairs = new Lazy<int[]>(PairRows);
    }

    public int SourceSize { get; }

    public int TargetSize { get; }

    /// <summary>Weights from one target pixel to the next; unused ones are 0.</summary>
    public int Stride { get; }

    /// <summary>Most weights that one target pixel has.</summary>
    public int LongestWindow { get; }

    public int[] Start { get; }

    public int[] Count { get; }

    public int[] Weights { get; }

    /// <summary>
    /// Weights in two halves, w = 256 high + low (exact, since |w| is below 2), so that 16-bit multiply-add works on them. Per group of
    /// four weights 16 high halves (w0 w1 four times, w2 w3 four times: one pair per colour channel and one unused) and the 16 low halves
    /// in the same order.
    /// </summary>
    public short[] ColourHalves => _colour.Value;

    /// <summary>The same halves for one channel: per group of 16 weights 16 high halves, then 16 low halves.</summary>
    public short[] GreyHalves => _grey.Value;

    /// <summary>Per pair of weights (w, v): high halves of w and v in one int, low halves in the next. For the pass that joins two
    /// rows.</summary>
    public int[] RowPairs => _rowPairs.Value;

    private static double Kernel(ResampleFilter filter, double x)
    {
        const double A = -0.5;
        x = Math.Abs(x);
        if (filter == ResampleFilter.Bilinear)
            return x < 1.0 ? 1.0 - x : 0.0;
        if (x < 1.0)
            return ((A + 2.0) * x - (A + 3.0)) * x * x + 1;
        return x < 2.0 ? (((x - 5) * x + 8) * x - 4) * A : 0.0;
    }

    private short[] Split(int group)
    {
        short[] halves = new short[Weights.Length / group * 32];
        for (int i = 0; i < halves.Length; i++)
        {
            int lane = i % 16,
                tap = group == 16 ? lane : (lane / 8 * 2) + (lane & 1);
            int weight = Weights[(i / 32 * group) + tap];
            halves[i] = checked((short)(i % 32 < 16 ? weight >> 8 : weight & 255));
        }

        return halves;
    }

    private int[] PairRows()
    {
        int[] pairs = new int[Weights.Length];
        for (int i = 0; i < pairs.Length; i += 2)
        {
            int first = Weights[i],
                second = Weights[i + 1];
            pairs[i] = ((first >> 8) & 0xFFFF) | ((second >> 8) << 16);
            pairs[i + 1] = (first & 255) | ((second & 255) << 16);
        }

        return pairs;
    }
}
