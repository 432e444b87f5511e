using System.Net;

namespace ClipFusion.EdgeDaemon.Web.Limits;

/// <summary>What a connection is doing.</summary>
internal enum ConnectionUse
{
    /// <summary>Nothing, or it has not sent a whole request yet.</summary>
    Idle,

    /// <summary>A request is being answered.</summary>
    Busy,

    /// <summary>It listens to events or waits for a verdict: it stays, however full the device is.</summary>
    Kept,
}

/// <summary>One connection of a client, and how much it has asked for lately. Safe for several threads.</summary>
/// <param name="address">Where it comes from.</param>
/// <param name="close">Ends it at once.</param>
/// <param name="time">Monotonic clock.</param>
internal sealed class ClientConnection(IPAddress address, Action close, TimeProvider time)
{
    /// <summary>
    /// Units that a connection may use without standing back behind others: a page with all its files needs about twenty.
    /// </summary>
    private const double Burst = 40;

    private const double PerSecond = 20;

    private readonly TokenBucket _bucket = new(PerSecond, Burst, time);
    private readonly Lock _gate = new();
    private long _idleSince = time.GetTimestamp();
    private volatile ConnectionUse _use;

    public IPAddress Address => address;

    /// <summary>What it does now.</summary>
    public ConnectionUse Use => _use;

    /// <summary>When it was opened or its last request ended, in the clock's ticks.</summary>
    public long IdleSince => Interlocked.Read(ref _idleSince);

    /// <summary>Whether it has asked for no more than its part lately.</summary>
    public bool IsLight
    {
        get
        {
            lock (_gate)
                return _bucket.Level >= 0;
        }
    }

    /// <summary>Counts what it has used.</summary>
    public void Charge(double units)
    {
        lock (_gate)
            _bucket.Take(units);
    }

    /// <summary>A request has come.</summary>
    public void Begin() => _use = ConnectionUse.Busy;

    /// <summary>The request under way is one that keeps the connection.</summary>
    public void Keep() => _use = ConnectionUse.Kept;

    /// <summary>The request is answered.</summary>
    public void End()
    {
        Interlocked.Exchange(ref _idleSince, time.GetTimestamp());
        _use = ConnectionUse.Idle;
    }

    /// <summary>Ends it, to make room for another.</summary>
    public void Close() => close();
}
