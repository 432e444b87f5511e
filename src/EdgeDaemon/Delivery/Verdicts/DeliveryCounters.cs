namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>Counts of one station, written by its publisher and by replay.</summary>
internal sealed class DeliveryCounters
{
    private readonly Lock _gate = new();
    private DeliveryCounts _counts = new(0, 0, 0, 0, null);

    public DeliveryCounts Snapshot
    {
        get
        {
            lock (_gate)
                return _counts;
        }
    }

    public void Live()
    {
        lock (_gate)
            _counts = _counts with { Live = _counts.Live + 1 };
    }

    public void Replayed()
    {
        lock (_gate)
            _counts = _counts with { Replayed = _counts.Replayed + 1 };
    }

    public void Refused(string why, bool isParked)
    {
        lock (_gate)
            _counts = _counts with { Refused = _counts.Refused + 1, Parked = _counts.Parked + (isParked ? 1 : 0), LastError = why };
    }

    public void Unheard()
    {
        lock (_gate)
            _counts = _counts with { Unheard = _counts.Unheard + 1 };
    }

    public void Failed(string why)
    {
        lock (_gate)
            _counts = _counts with { LastError = why };
    }
}
