using System.Buffers;

namespace ClipFusion.Evaluation.Metrics;

/// <summary>One image's map and its truth. The memory is the reader's and may be used again for its thread's next image.</summary>
/// <param name="Name">What error messages call it.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
/// <param name="Scores">Height x Width finite scores, row-major.</param>
/// <param name="Defect">Height x Width flags, row-major; empty = no pixel is a defect.</param>
public readonly record struct ScoredPixels(string Name, int Height, int Width, ReadOnlyMemory<float> Scores, ReadOnlyMemory<bool> Defect);

/// <summary>
/// The ranking of all pixels of a test set, pooled, and the defect regions that they belong to. Exact, and yet no map is kept: the images
/// are read twice, first for the defect pixels (8 bytes each stay), then to count the normal pixels between them.
/// </summary>
public sealed class PixelRanks
{
    private readonly double[] _regionShare;

    private PixelRanks(ScoreRanks ranks, double[] regionShare, int regions) =>
        (Ranks, _regionShare, Regions) = (ranks, regionShare, regions);

    /// <summary>The counts for the metrics of <see cref="RankMetrics"/>.</summary>
    public ScoreRanks Ranks { get; }

    /// <summary>8-connected defect regions over all images.</summary>
    public int Regions { get; }

    /// <summary>Reads a test set.</summary>
    /// <param name="count">Number of images, at least 1.</param>
    /// <param name="read">Gives the image of a number; called once or twice for each, and must give the same again. Its memory may be used
    /// again for the thread's next image.</param>
    /// <param name="threads">Threads that call <paramref name="read"/>, at most; at least 1. The ranks are the same with any
    /// number.</param>
    /// <exception cref="MetricException">A score is NaN or infinite (image and pixel are named), or there is no defect pixel or no normal
    /// one.</exception>
    public static PixelRanks Read(int count, Func<int, ScoredPixels> read, int threads = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentNullException.ThrowIfNull(read);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        var found = new ImageDefects[count];
        InOrder.For(count, threads, i => found[i] = ImageDefects.Of(Checked(read(i))));
        long pixels = found.Sum(f => f.Pixels),
            defects = found.Sum(f => (long)f.Keys.Length);
        if (defects == 0 || defects == pixels)
            throw new MetricException(
                $"{pixels - defects} normal and {defects} defect pixels in {count} images; at least one of each is needed"
            );
        (ScoreRanks ranks, double[] share, int regions) = Pool(found, checked((int)defects));
        InOrder.For(count, threads, ranks.NewCounts, (i, counts) => CountNormal(read(i), counts), ranks.Add);
        return new PixelRanks(ranks.Complete(), share, regions);
    }

    /// <summary>
    /// Area under the per-region overlap up to a false positive rate, divided by it: MVTec's algorithm with every normal pixel's score as a
    /// threshold. With the n normal scores in descending order the points are ((j-1)/n, mean over regions of the share of pixels scoring
    /// strictly above the j-th), then (1, 1), joined by straight lines. The area is linear in the regions' pixels, so each adds its own: it
    /// counts from the threshold after its c false alarms on.
    /// </summary>
    /// <param name="limit">False positive rate, above 0, at most 1.</param>
    /// <returns>0..1.</returns>
    public double Aupro(double limit)
    {
        if (!(limit is > 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(limit), limit, "The limit is a false positive rate: above 0, at most 1.");
        double area = 0,
            steps = limit * Ranks.NormalTotal;
        for (int i = 0; i < Ranks.Count; i++)
            area += _regionShare[i] * AreaOfStep(Ranks.FalseAlarms(i), steps);
        return area / (Regions * steps);
    }

    /// <summary>The per-region overlap when everything from a score on is called a defect, one value a distinct score; 0..1.</summary>
    public double[] Overlap()
    {
        double[] overlap = new double[Ranks.Count];
        double sum = 0;
        for (int i = overlap.Length - 1; i >= 0; i--)
            overlap[i] = (sum += _regionShare[i]) / Regions;
        return overlap;
    }

    /// <summary>Area, in steps of 1/n, under a line that is 0 up to c-1, rises to 1 at c and stays there (for c = 0: is 1 from the start),
    /// cut at u.</summary>
    private static double AreaOfStep(long c, double u)
    {
        if (c == 0)
            return u;
        if (u >= c)
            return u - c + 0.5;
        double risen = u - (c - 1);
        return risen > 0 ? risen * risen / 2 : 0;
    }

    private static ScoredPixels Checked(ScoredPixels image)
    {
        int pixels = image.Scores.Length;
        if (pixels != (long)image.Height * image.Width || (image.Defect.Length != pixels && !image.Defect.IsEmpty))
            throw new ArgumentException(
                $"{image.Name}: {image.Height} x {image.Width} pixels, but {pixels} scores and {image.Defect.Length} flags",
                nameof(image)
            );
        if (ScoreKey.IndexOfNonFinite(image.Scores.Span) is var bad and >= 0)
            throw new MetricException(
                $"{image.Name}: the map's value at row {bad / image.Width}, column {bad % image.Width} is {image.Scores.Span[bad]}; "
                    + "finite numbers are expected"
            );
        return image;
    }

    private static void CountNormal(ScoredPixels image, ScoreRanks.NormalCounts counts)
    {
        ReadOnlySpan<float> scores = image.Scores.Span;
        ReadOnlySpan<bool> defect = image.Defect.Span;
        for (int i = 0; i < scores.Length; i++)
        {
            if (defect.IsEmpty || !defect[i])
                counts.Add(ScoreKey.Of(scores[i]));
        }
    }

    /// <summary>The distinct scores of all images, for each the sum over its pixels of 1 / (pixels of their region), and the number of
    /// regions. Lets go of each image's pixels.</summary>
    private static (ScoreRanks Ranks, double[] RegionShare, int Regions) Pool(ImageDefects[] images, int pixels)
    {
        (uint[] keys, int[] regionOf) = (new uint[pixels], new int[pixels]);
        var sizes = new List<int>();
        int next = 0;
        for (int i = 0; i < images.Length; i++)
        {
            ImageDefects image = images[i];
            images[i] = default;
            image.Keys.CopyTo(keys, next);
            foreach (int region in image.RegionOf)
                regionOf[next++] = sizes.Count + region;
            sizes.AddRange(image.RegionSizes);
        }

        Array.Sort(keys, regionOf);
        var ranks = new ScoreRanks(keys);
        double[] share = new double[ranks.Count];
        int at = -1;
        for (int i = 0; i < keys.Length; i++)
        {
            if (i == 0 || keys[i] != keys[i - 1])
                at++;
            share[at] += 1.0 / sizes[regionOf[i]];
        }

        return (ranks, share, sizes.Count);
    }

    /// <summary>The defect pixels of one image.</summary>
    /// <param name="Pixels">All its pixels.</param>
    /// <param name="Keys">Each defect pixel's score.</param>
    /// <param name="RegionOf">The region that it belongs to, from 0.</param>
    /// <param name="RegionSizes">Pixels of each region.</param>
    private readonly record struct ImageDefects(long Pixels, uint[] Keys, int[] RegionOf, int[] RegionSizes)
    {
        public static ImageDefects Of(ScoredPixels image)
        {
            ReadOnlySpan<bool> defect = image.Defect.Span;
            int count = defect.Count(true);
            if (count == 0)
                return new ImageDefects(image.Scores.Length, [], [], []);
            (uint[] keys, int[] regionOf) = (new uint[count], new int[count]);
            int[] labels = ArrayPool<int>.Shared.Rent(defect.Length);
            int[] sizes = new int[DefectRegions.Label(defect, image.Height, image.Width, labels.AsSpan(0, defect.Length))];
            ReadOnlySpan<float> scores = image.Scores.Span;
            for (int i = 0, next = 0; i < scores.Length; i++)
            {
                if (labels[i] == 0)
                    continue;
                keys[next] = ScoreKey.Of(scores[i]);
                sizes[regionOf[next++] = labels[i] - 1]++;
            }

            ArrayPool<int>.Shared.Return(labels);
            return new ImageDefects(scores.Length, keys, regionOf, sizes);
        }
    }
}
