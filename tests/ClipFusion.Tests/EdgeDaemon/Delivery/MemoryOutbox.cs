using ClipFusion.EdgeDaemon.Delivery;

namespace ClipFusion.Tests.EdgeDaemon.Delivery;

/// <summary>An outbox without a disk.</summary>
internal sealed class MemoryOutbox
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<(string, long), OutboxRow> _rows = [];
    private readonly Dictionary<long, int> _refusals = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Reads { get; private set; }

    public List<long> Parked { get; } = [];

    public List<long> Delivered { get; } = [];

    /// <summary>Rows noted as about to go out.</summary>
    public List<long> Handing { get; } = [];

    /// <summary>Rows noted as heard by nobody, and whether surely so.</summary>
    public List<(long Sequence, bool IsSure)> Unheard { get; } = [];

    public List<long> GivenUp { get; } = [];

    public Outbox Seam => new(Read, DeliverAsync, RefuseAsync, HandingAsync, UnheardAsync, (row, _) => Remove(row, GivenUp));

    /// <summary>Notes of deliveries that fail from now on.</summary>
    public int FailDelivered { get; set; }

    private ValueTask DeliverAsync(OutboxRow row, CancellationToken cancellationToken) =>
        FailDelivered-- > 0 ? ValueTask.FromException(new IOException("the disk is busy")) : Remove(row, Delivered);

    private async ValueTask<bool> RefuseAsync(OutboxRow row, string why, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if ((_refusals[row.Sequence] = _refusals.GetValueOrDefault(row.Sequence) + 1) < 3)
                return false;
        }
        await Remove(row, Parked);
        return true;
    }

    private ValueTask HandingAsync(OutboxRow row, CancellationToken cancellationToken)
    {
        lock (_gate)
            Handing.Add(row.Sequence);
        return default;
    }

    private ValueTask UnheardAsync(OutboxRow row, bool isSurelyUnheard, CancellationToken cancellationToken)
    {
        lock (_gate)
            Unheard.Add((row.Sequence, isSurelyUnheard));
        return default;
    }

    public void Add(OutboxRow row)
    {
        lock (_gate)
            _rows.Add((row.Station, row.Sequence), row);
    }

    /// <summary>Waits until no row is left.</summary>
    public async Task WhenEmptyAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_rows.Count == 0)
                    return;
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
