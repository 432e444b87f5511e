using ClipFusion.Evaluation.Metrics;

namespace ClipFusion.Tests.Evaluation.Metrics;

/// <summary>A few maps with masks, as the streaming metrics read them and as the brute force wants them.</summary>
internal sealed record PixelSet(int Height, int Width, float[][] Maps, bool[][] Masks)
{
    public float[] Normal => [.. Maps.Zip(Masks).SelectMany(p => p.First.Where((_, i) => !p.Second[i]))];

    public float[] Defect => [.. Maps.Zip(Masks).SelectMany(p => p.First.Where((_, i) => p.Second[i]))];

    public IReadOnlyList<float[]> Regions =>
        [.. Maps.Zip(Masks).SelectMany(p => BruteForce.Regions(p.Second, Height, Width).Select(r => r.Select(i => p.First[i]).ToArray()))];

    /// <summary>Maps of <paramref name="levels"/> different scores (few = many ties) and blots as masks; the first image has an empty
    /// mask.</summary>
    public static PixelSet Random(int seed, int images, int height, int width, int levels)
    {
        var random = new Random(seed);
        float[][] maps = [.. Enumerable.Range(0, images).Select(_ => new float[height * width])];
        bool[][] masks = [.. Enumerable.Range(0, images).Select(_ => new bool[height * width])];
        for (int image = 0; image < images; image++)
        {
            for (int blot = 0; image > 0 && blot < 3; blot++)
            {
                (int top, int left, int size) = (random.Next(height), random.Next(width), random.Next(1, 5));
                for (int y = top; y < Math.Min(height, top + size); y++)
                for (int x = left; x < Math.Min(width, left + size); x++)
                    masks[image][(y * width) + x] = true;
            }

            // Signed, so that the order of negative scores and of -0 is looked at too.
            for (int i = 0; i < height * width; i++)
                maps[image][i] =
                    (random.Next(levels) - (levels / 2) + (masks[image][i] ? levels / 8 : 0)) * 0.125f * (random.Next(9) == 0 ? -0f : 1);
        }

        return new PixelSet(height, width, maps, masks);
    }

    public PixelRanks Read(int threads = 1) =>
        PixelRanks.Read(Maps.Length, i => new ScoredPixels($"map {i}", Height, Width, Maps[i], Masks[i]), threads);
}
