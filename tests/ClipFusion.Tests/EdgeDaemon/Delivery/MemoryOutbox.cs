using ClipFusion.EdgeDaemon.Delivery;

namespace ClipFusion.Tests.EdgeDaemon.Delivery;

/// <summary>An outbox without a disk.</summary>
internal sealed class MemoryOutbox
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<(string, long), OutboxRow> _rows = [];
    private readonly Dictionary<long, int> _refusals = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly List<long> _parked = [],
        _delivered = [],
        _handing = [],
        _givenUp = [];
    private readonly List<(long Sequence, bool IsSure)> _unheard = [];

    public int Reads { get; private set; }

    // What was noted so far; the publishers go on noting.
    public IReadOnlyList<long> Parked => Now(_parked);

    public IReadOnlyList<long> Delivered => Now(_delivered);

    /// <summary>Rows noted as about to go out.</summary>
    public IReadOnlyList<long> Handing => Now(_handing);

    /// <summary>Rows noted as heard by nobody, and whether surely so.</summary>
    public IReadOnlyList<(long Sequence, bool IsSure)> Unheard => Now(_unheard);

    public IReadOnlyList<long> GivenUp => Now(_givenUp);

    public Outbox Seam => new(Read, DeliverAsync, RefuseAsync, HandingAsync, UnheardAsync, (row, _) => Remove(row, _givenUp));

    /// <summary>Notes of deliveries that fail from now on.</summary>
    public int FailDelivered { get; set; }

    private ValueTask DeliverAsync(OutboxRow row, CancellationToken cancellationToken) =>
        FailDelivered-- > 0 ? ValueTask.FromException(new IOException("the disk is busy")) : Remove(row, _delivered);

    private async ValueTask<bool> RefuseAsync(OutboxRow row, string why, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if ((_refusals[row.Sequence] = _refusals.GetValueOrDefault(row.Sequence) + 1) < 3)
                return false;
        }
        await Remove(row, _parked);
        return true;
    }

    private ValueTask HandingAsync(OutboxRow row, CancellationToken cancellationToken)
    {
        lock (_gate)
            _handing.Add(row.Sequence);
        return default;
    }

    private ValueTask UnheardAsync(OutboxRow row, bool isSurelyUnheard, CancellationToken cancellationToken)
    {
        lock (_gate)
            _unheard.Add((row.Sequence, isSurelyUnheard));
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

    private List<T> Now<T>(List<T> noted)
    {
        lock (_gate)
            return [.. noted];
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
