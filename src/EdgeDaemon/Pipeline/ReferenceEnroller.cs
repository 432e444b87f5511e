using ClipFusion.EdgeDaemon.Runtime;
using ClipFusion.Imaging;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Calibration;
using ClipFusion.Inspection.MemoryBanks;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>Reference pictures on their way into an inspector's memory banks, and judged against each other: below every due inspection,
/// which goes first between two runs of a network.</summary>
/// <param name="turns">Who has the networks.</param>
/// <param name="parallelism">Threads of searches and of a coreset's choice, at least 1.</param>
internal sealed class ReferenceEnroller(NetworkScheduler turns, int parallelism)
{
    /// <summary>Encodes pictures; the inspector judges against them from then on.</summary>
    /// <param name="into">The inspector.</param>
    /// <param name="files">Full paths.</param>
    /// <param name="scope">Among which rows a coreset is chosen.</param>
    /// <param name="encoded">Told how many are encoded; null for nobody.</param>
    /// <param name="cancellation">Ends it.</param>
    public void Enroll(
        Inspector into,
        IReadOnlyList<string> files,
        CoresetScope scope,
        Action<int>? encoded,
        CancellationToken cancellation
    )
    {
        ReferenceBanksBuilder banks = into.StartEnrollment(scope);
        for (int i = 0; i < files.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            DecodedImage reference = ImageCodec.DecodeStored(files[i]);
            using (var turn = new BackgroundLease(turns, cancellation))
                into.AddReference(reference.View, banks, turn.LetOthersGoFirst, cancellation);
            encoded?.Invoke(i + 1);
        }

        into.Use(banks.ToBanks(parallelism, cancellation));
    }

    /// <summary>Judges each picture against the others.</summary>
    /// <param name="inspector">Enrolled with them.</param>
    /// <param name="files">Full paths, in the same order.</param>
    /// <param name="judged">Told how many are judged; null for nobody.</param>
    /// <param name="cancellation">Ends it.</param>
    public LeftOutScores LeaveOut(Inspector inspector, IReadOnlyList<string> files, Action<int>? judged, CancellationToken cancellation)
    {
        using var turn = new BackgroundLease(turns, cancellation);
        return LeftOutScores.Of(
            inspector,
            files.Count,
            (i, use) => use(ImageCodec.DecodeStored(files[i]).View),
            turn.LetOthersGoFirst,
            judged,
            cancellation
        );
    }

    /// <summary>What the pictures' maps reach, each judged against the others.</summary>
    /// <param name="inspector">Enrolled with them.</param>
    /// <param name="files">Full paths, in the same order.</param>
    /// <param name="cancellation">Ends it.</param>
    public NormalReach ReachOf(Inspector inspector, IReadOnlyList<string> files, CancellationToken cancellation)
    {
        NormalReach reach = NormalReach.Unknown;
        foreach (int left in NormalReach.LeftOut(inspector, files.Count))
        {
            cancellation.ThrowIfCancellationRequested();
            DecodedImage reference = ImageCodec.DecodeStored(files[left]);
            using var turn = new BackgroundLease(turns, cancellation);
            reach = reach.With(inspector, left, reference.View, turn.LetOthersGoFirst, cancellation);
        }

        return reach;
    }
}
