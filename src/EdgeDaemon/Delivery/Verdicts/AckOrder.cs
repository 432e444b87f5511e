using System.Collections.Concurrent;

namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>
/// Which acks are still to be said, so that no verdict goes out before its trigger's ack: acks wait in a queue of their own, and a short
/// deadline can be over before the ack's turn has come. Safe for several threads.
/// </summary>
/// <remarks>As many as the stations have places at most: an ack that can't be said any more counts as said.</remarks>
internal sealed class AckOrder
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _owed = new(StringComparer.Ordinal);

    /// <summary>An inspection was accepted whose caller will be told; to be called before anything of it can be decided.</summary>
    public void Owe(string inspectionId) =>
        _owed.TryAdd(inspectionId, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    /// <summary>The connection has the ack, or never will.</summary>
    public void Said(string inspectionId)
    {
        if (_owed.TryRemove(inspectionId, out TaskCompletionSource? owed))
            owed.SetResult();
    }

    /// <summary>Completes when the ack is said; at once for an inspection that none is owed for.</summary>
    public Task WhenSaid(string inspectionId) =>
        _owed.TryGetValue(inspectionId, out TaskCompletionSource? owed) ? owed.Task : Task.CompletedTask;
}
