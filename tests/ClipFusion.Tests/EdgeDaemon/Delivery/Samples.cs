using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Domain;

namespace ClipFusion.Tests.EdgeDaemon.Delivery;

/// <summary>Inspections and verdicts to publish.</summary>
internal static class Samples
{
    public static DateTimeOffset Noon { get; } = new(2026, 3, 1, 12, 0, 0, 7, TimeSpan.FromHours(2));

    public static RecipeStamp Recipe { get; } = new(7, "Flansch Ø 40", "0123456789abcdef", "v3");

    public static AcceptedInspection Accepted(
        long sequence = 1,
        string station = "line1",
        string? triggerId = "T-1",
        TimeSpan? deadline = null,
        DateTimeOffset? at = null
    ) => new($"01HZ{sequence:D22}", station, sequence, TriggerSource.Mqtt, triggerId, "part.1", Recipe, deadline, at ?? Noon);

    public static VerdictRecord Judged(AcceptedInspection inspection, Verdict verdict = Verdict.Ng, double score = 0.61234) =>
        new(
            inspection,
            verdict,
            Code.None,
            score,
            0.5,
            new Evidence(null, 0.4, null, 0.8),
            [new(1, 2, 30, 40, 900, 1.25)],
            false,
            "patchclip",
            true,
            false,
            "fedcba9876543210",
            new Dictionary<string, double> { ["queue"] = 0.1, ["patchclip"] = 12.25 },
            new FrameRecord(42, 2448, 2048, "Mono8", inspection.AcceptedAt),
            inspection.AcceptedAt
        );

    public static VerdictRecord NotJudged(AcceptedInspection inspection, Code reason) =>
        new(
            inspection,
            Verdict.NotJudged,
            reason,
            null,
            null,
            null,
            [],
            false,
            "clipfusion",
            false,
            true,
            "",
            new Dictionary<string, double>(),
            null,
            inspection.AcceptedAt
        );

    public static StateMessage State(Code code = Code.None, bool withNulls = false) =>
        new(
            "boot",
            12,
            code == Code.None,
            false,
            StationMode.Auto,
            withNulls ? null : Recipe,
            3,
            code,
            code == Code.None ? null : "warming up",
            new(1, 2, 3, 4, 5, 6),
            new(7, 8),
            withNulls ? null : true,
            false,
            StorageWord.NoImages,
            withNulls ? null : "cpu",
            withNulls ? null : "cuda: out of memory",
            withNulls ? null : 0.5,
            Noon
        );
}
