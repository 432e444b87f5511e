using ClipFusion.EdgeDaemon.Domain;

namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>All that may differ between two sendings of one verdict.</summary>
/// <param name="Late">Handed to the broker after the inspection's deadline.</param>
/// <param name="Replayed">Too old for the live topics.</param>
/// <param name="Duplicate">Sent before, or maybe sent before.</param>
internal readonly record struct SendingFlags(bool Late, bool Replayed, bool Duplicate);

/// <summary><c>out/{station}/verdict</c> and <c>out/{station}/verdict/replay</c>.</summary>
/// <param name="record">What was stored.</param>
/// <param name="sending">What is true of this sending.</param>
internal sealed class VerdictMessage(VerdictRecord record, SendingFlags sending)
{
    /// <summary>Name of the message's schema.</summary>
    public string Schema { get; } = "clipfusion/v1/verdict";

    /// <summary>ULID: the union of live and replay, deduplicated by it, has no gap.</summary>
    public string InspectionId => record.Inspection.Id;

    /// <summary>Sequence number of the station.</summary>
    public long Seq => record.Inspection.Sequence;

    /// <summary>The caller's trigger id, or null.</summary>
    public string? TriggerId => record.Inspection.TriggerId;

    /// <summary>The part's id, the caller's or the one out of the file's name; or null.</summary>
    public string? PartId => record.Inspection.PartId ?? record.Frame?.PartId;

    /// <summary>Where the trigger came from.</summary>
    public TriggerSource Source => record.Inspection.Source;

    /// <summary>The answer.</summary>
    public Verdict Verdict => record.Verdict;

    /// <summary>Why it was not judged; null otherwise.</summary>
    public string? Reason => CodeText.Of(record.Reason);

    /// <summary>Number of the reason; 0 when judged.</summary>
    public int ReasonCode => (int)record.Reason;

    /// <summary>What exactly was wrong, for people; null where the reason says it all.</summary>
    public string? Detail => record.Detail;

    /// <summary>Anomaly score, 0..2; null when not judged.</summary>
    public double? Score => record.Score;

    /// <summary>What it was compared with; null when not judged.</summary>
    public double? Threshold => record.Threshold;

    /// <summary>Score minus threshold: positive on the anomalous side; null when not judged.</summary>
    public double? Margin => record.Score - record.Threshold;

    /// <summary>The branch scores; null when not judged.</summary>
    public Evidence? Evidence => record.Evidence;

    /// <summary>Connected areas over the pixel threshold in frame pixels, at most 64.</summary>
    public IReadOnlyList<RegionRecord> Regions => record.Regions;

    /// <summary>Whether there were more.</summary>
    public bool RegionsTruncated => record.RegionsTruncated;

    /// <summary>What judged: clipfusion, mapdiff, patchclip or backbone.</summary>
    public string Profile => record.Profile;

    /// <summary>The recipe as it was when the trigger was accepted.</summary>
    public RecipeStamp Recipe => record.Inspection.Recipe with { ThresholdState = record.ThresholdState };

    /// <summary>First digits of the model pack's hash; empty when no pack was used.</summary>
    public string PackHash => record.PackHash;

    /// <summary>Milliseconds by stage.</summary>
    public IReadOnlyDictionary<string, double> TimingsMs => record.Timings;

    /// <summary>The frame; null when there was none.</summary>
    public FrameRecord? Frame => record.Frame;

    /// <summary>Wall clock of the acceptance, UTC.</summary>
    public DateTimeOffset AcceptedAt => record.Inspection.AcceptedAt;

    /// <summary>Wall clock of the verdict, UTC.</summary>
    public DateTimeOffset CompletedAt => record.CompletedAt;

    /// <summary>What is special about it.</summary>
    public VerdictFlags Flags { get; } =
        new(sending.Late, sending.Replayed, sending.Duplicate, record.IsFallbackProfile, record.IsZeroShot);
}

/// <summary>What is special about a verdict or its sending.</summary>
/// <param name="Late">Handed to the broker after the deadline.</param>
/// <param name="Replayed">Too old for the live topics.</param>
/// <param name="Duplicate">Sent before, or maybe sent before.</param>
/// <param name="FallbackProfile">A held result, PatchCLIP's or the backbone's, stands in for the recipe's profile.</param>
/// <param name="ZeroShot">There were no references.</param>
internal sealed record VerdictFlags(bool Late, bool Replayed, bool Duplicate, bool FallbackProfile, bool ZeroShot);
