using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Inspections;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>Counts of one station since the program's start. Safe for several threads.</summary>
internal sealed class StationCounts
{
    private readonly long[] _verdicts = new long[4];
    private long _accepted;
    private long _missed;
    private long _open;

    /// <summary>Inspections without a verdict.</summary>
    public int Open => (int)Interlocked.Read(ref _open);

    public StationCounters Snapshot => new(
        Interlocked.Read(ref _accepted), Interlocked.Read(ref _missed),
        Interlocked.Read(ref _verdicts[(int)Verdict.Ok]), Interlocked.Read(ref _verdicts[(int)Verdict.Ng]), Interlocked.Read(ref _verdicts[(int)Verdict.Review]), Interlocked.Read(ref _verdicts[(int)Verdict.NotJudged]));

    public void Missed() => Interlocked.Increment(ref _missed);

    public void Accepted()
    {
        Interlocked.Increment(ref _accepted);
        Interlocked.Increment(ref _open);
    }

    public void Judged(Verdict verdict)
    {
        Interlocked.Increment(ref _verdicts[(int)verdict]);
        Interlocked.Decrement(ref _open);
    }
}
