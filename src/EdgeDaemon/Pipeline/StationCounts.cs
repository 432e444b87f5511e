using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Domain;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>Counts of one station since the program's start. Safe for several threads.</summary>
internal sealed class StationCounts
{
    private readonly long[] _verdicts = new long[4];
    private long _accepted;
    private long _missed;
    private int _open;

    /// <summary>Raised after every change.</summary>
    public event Action? Changed;

    /// <summary>Inspections without a verdict, those being committed included.</summary>
    public int Open => Volatile.Read(ref _open);

    public StationCounters Snapshot =>
        new(
            Interlocked.Read(ref _accepted),
            Interlocked.Read(ref _missed),
            Interlocked.Read(ref _verdicts[(int)Verdict.Ok]),
            Interlocked.Read(ref _verdicts[(int)Verdict.Ng]),
            Interlocked.Read(ref _verdicts[(int)Verdict.Review]),
            Interlocked.Read(ref _verdicts[(int)Verdict.NotJudged])
        );

    /// <summary>A trigger was refused.</summary>
    public void Missed()
    {
        Interlocked.Increment(ref _missed);
        Changed?.Invoke();
    }

    /// <summary>Takes one of the queue's places, before anything is promised: two callers at once can't both have the last one.</summary>
    /// <param name="places">How many there are.</param>
    public bool TryReserve(int places)
    {
        for (int open = Open; open < places; open = Open)
        {
            if (Interlocked.CompareExchange(ref _open, open + 1, open) == open)
                return true;
        }

        return false;
    }

    /// <summary>Gives a place back: nothing was accepted.</summary>
    public void Unreserve()
    {
        Interlocked.Decrement(ref _open);
        Changed?.Invoke();
    }

    /// <summary>What a place was taken for is accepted.</summary>
    public void Accepted()
    {
        Interlocked.Increment(ref _accepted);
        Changed?.Invoke();
    }

    /// <summary>An accepted inspection has its verdict, and its place is free.</summary>
    public void Judged(Verdict verdict)
    {
        Interlocked.Increment(ref _verdicts[(int)verdict]);
        Interlocked.Decrement(ref _open);
        Changed?.Invoke();
    }

    /// <summary>Accepted and answered NOT_JUDGED in one step, without a place in the queue.</summary>
    public void NotTaken()
    {
        Interlocked.Increment(ref _accepted);
        Interlocked.Increment(ref _verdicts[(int)Verdict.NotJudged]);
        Changed?.Invoke();
    }
}
