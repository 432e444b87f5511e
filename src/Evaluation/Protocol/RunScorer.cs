using ClipFusion.Evaluation.Datasets;
using ClipFusion.Evaluation.Methods;
using ClipFusion.Evaluation.Metrics;
using ClipFusion.Evaluation.Results;

namespace ClipFusion.Evaluation.Protocol;

/// <summary>A picture of a test set and what a method said.</summary>
internal readonly record struct JudgedImage(TestImage Image, Judgement Judgement);

/// <summary>What the judgements of a run add up to.</summary>
internal sealed record RunScores(
    IReadOnlyDictionary<string, double> Metrics,
    IReadOnlyList<string> Notes,
    IReadOnlyDictionary<string, IReadOnlyList<double[]>> Curves
);

/// <summary>Metrics of one run. One map and one mask a thread are in memory at a time.</summary>
internal sealed class RunScorer(int? mapSize, IReadOnlyList<double> proLimits, int threads) : IDisposable
{
    private readonly ThreadLocal<Buffers> _buffers = new(() => new Buffers());

    /// <summary>All metrics that are defined, and a note for each group that is not.</summary>
    public RunScores Score(IReadOnlyList<JudgedImage> images)
    {
        var curves = new Dictionary<string, IReadOnlyList<double[]>>(StringComparer.Ordinal);
        var metrics = new Dictionary<string, double>(StringComparer.Ordinal);
        var notes = new List<string>();
        Try(
            "image metrics",
            () =>
            {
                ScoreRanks ranks = ImageRanks.Of([.. images.Select(i => i.Judgement.Score)], [.. images.Select(i => i.Image.IsAnomalous)]);
                Add(MetricColumns.Of(ranks, MetricColumns.Image));
                curves.Add("image_roc", Curve.Roc(ranks));
            }
        );
        if (images.All(i => i.Judgement.ReadMap is null))
            return new RunScores(metrics, notes, curves);
        JudgedImage[] known = [.. images.Where(i => i.Image.HasPixelTruth)];
        if (known.Length < images.Count)
            notes.Add(
                $"pixel metrics: {images.Count - known.Length} of {images.Count} pictures have a defect but no usable mask and are left out"
            );
        if (known.Length == 0)
            return new RunScores(metrics, notes, curves);
        Try(
            "pixel metrics",
            () =>
            {
                PixelRanks ranks = PixelRanks.Read(known.Length, i => Read(known[i]), threads);
                Add(MetricColumns.Of(ranks.Ranks, MetricColumns.Pixel));
                Add(proLimits.Select(limit => KeyValuePair.Create(MetricColumns.Aupro(limit), ranks.Aupro(limit))));
                curves.Add("pixel_roc", Curve.Roc(ranks.Ranks));
                curves.Add("pro", Curve.Pro(ranks));
            }
        );
        return new RunScores(metrics, notes, curves);

        void Add(IEnumerable<KeyValuePair<string, double>> values)
        {
            foreach ((string name, double value) in values)
                metrics.Add(name, value);
        }

        void Try(string what, Action compute)
        {
            try
            {
                compute();
            }
            catch (MetricException e)
            {
                notes.Add($"{what}: {e.Message}");
            }
        }
    }

    public void Dispose() => _buffers.Dispose();

    private ScoredPixels Read(JudgedImage image)
    {
        (int height, int width) = mapSize is { } size ? (size, size) : (image.Judgement.Covered.Height, image.Judgement.Covered.Width);
        int pixels = height * width;
        Buffers own = _buffers.Value!;
        if (own.Scores.Length < pixels)
            (own.Scores, own.Defect) = (new float[pixels], new bool[pixels]);
        image.Judgement.ReadMap!(height, width, own.Scores.AsSpan(0, pixels));
        bool anomalous = image.Image.Masks.Count > 0;
        if (anomalous)
            DefectMask.Read(image.Image.Masks).Resize(image.Judgement.Covered, height, width, own.Defect.AsSpan(0, pixels));
        return new ScoredPixels(
            image.Image.Id,
            height,
            width,
            own.Scores.AsMemory(0, pixels),
            anomalous ? own.Defect.AsMemory(0, pixels) : default
        );
    }

    private sealed class Buffers
    {
        public float[] Scores { get; set; } = [];

        public bool[] Defect { get; set; } = [];
    }
}
