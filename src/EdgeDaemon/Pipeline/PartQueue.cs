namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>
/// Part ids that were announced on <c>in/{station}/part</c> and wait for the next trigger that the line itself gives (a frame that arrives,
/// the station's clock), in the order of their arrival. Safe for several threads.
/// </summary>
/// <param name="time">Monotonic clock.</param>
/// <param name="ttl">How long an id waits before it is dropped.</param>
/// <param name="capacity">Most ids that wait; one more pushes out the oldest, which has been missed by its trigger.</param>
internal sealed class PartQueue(TimeProvider time, TimeSpan ttl, int capacity)
{
    private readonly Lock _gate = new();
    private readonly Queue<(string PartId, long Received)> _parts = new();

    /// <summary>Takes an id in.</summary>
    /// <returns>Whether nothing was pushed out.</returns>
    public bool Add(string partId, long received)
    {
        lock (_gate)
        {
            bool hasRoom = _parts.Count < capacity;
            if (!hasRoom)
                _parts.Dequeue();
            _parts.Enqueue((partId, received));
            return hasRoom;
        }
    }

    /// <summary>The oldest id that has not expired; null for none.</summary>
    public string? Take()
    {
        lock (_gate)
        {
            while (_parts.TryDequeue(out (string PartId, long Received) part))
            {
                if (time.GetElapsedTime(part.Received) < ttl)
                    return part.PartId;
            }

            return null;
        }
    }
}
