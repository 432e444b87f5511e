using ClipFusion.EdgeDaemon.Delivery;

namespace ClipFusion.Tests.EdgeDaemon.Delivery;

/// <summary>An outbox without a disk.</summary>
internal sealed class MemoryOutbox
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<(string, long), OutboxRow> _rows = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Reads { get; private set; }

    public List<long> Parked { get; } = [];

    public List<long> Delivered { get; } = [];

    public Outbox Seam => new(Read, (row, _) => Remove(row, Delivered), (row, _, isParked, _) => isParked ? Remove(row, Parked) : default);

    public void Add(OutboxRow row)
    {
        lock (_gate) _rows.Add((row.Station, row.Sequence), row);
    }

    /// <summary>Waits until no row is left.</summary>
    public async Task WhenEmptyAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_rows.Count == 0) return;
                changed = _changed.Task;
            }
            await changed.WaitAsync(cancellationToken);
        }
    }

    private ValueTask<IReadOnlyList<OutboxRow>> Read(string station, long afterSequence, int limit, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            Reads++;
            return new([.. _rows.Values.Where(r => r.Station == station && r.Sequence > afterSequence).Take(limit)]);
        }
    }

    private ValueTask Remove(OutboxRow row, List<long> to)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            _rows.Remove((row.Station, row.Sequence));
            to.Add(row.Sequence);
            (changed, _changed) = (_changed, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }
        changed.SetResult();
        return default;
    }
}
