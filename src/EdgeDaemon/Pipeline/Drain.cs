using ClipFusion.EdgeDaemon.Runtime;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>The clean stop: no more triggers, what was accepted is judged and stored, and its verdicts are handed to the broker, all within
/// limits.</summary>
internal sealed class Drain(RunningAppliance box, TimeProvider time)
{
    /// <summary>How long inspections that were accepted are waited for.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>How long the broker then has to take their verdicts.</summary>
    public static readonly TimeSpan DeliveryLimit = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    private int Open => box.Stations.Sum(s => s.Counts.Open);

    /// <summary>Runs to the end or to the limits.</summary>
    /// <returns>Inspections that are left without a verdict.</returns>
    public async Task<int> RunAsync()
    {
        long began = time.GetTimestamp();
        foreach (Station station in box.Stations)
            station.BeginStop();
        var changed = new Signal();
        foreach (Station station in box.Stations)
            station.Changed += changed.Set;
        while (Open > 0 && Limit - time.GetElapsedTime(began) is var left && left > TimeSpan.Zero)
            await changed.WaitAsync(left, time, CancellationToken.None).ConfigureAwait(false);
        foreach (Station station in box.Stations)
            station.Changed -= changed.Set;

        long judged = time.GetTimestamp();
        using var timer = new PeriodicTimer(Look, time);
        while (
            box.Link.State.IsConnected
            && box.Store.State.Outboxes.Values.Any(o => o.Pending > o.Unheard)
            && time.GetElapsedTime(judged) < DeliveryLimit
        )
            await timer.WaitForNextTickAsync().ConfigureAwait(false);
        return Open;
    }
}
