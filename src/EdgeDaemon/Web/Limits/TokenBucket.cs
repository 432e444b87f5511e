namespace ClipFusion.EdgeDaemon.Web.Limits;

/// <summary>
/// Units that come back with time. Taking more than there is leaves a debt that is made good first. Not safe for several threads.
/// </summary>
internal sealed class TokenBucket
{
    private readonly double _perSecond;
    private readonly double _burst;
    private readonly TimeProvider _time;
    private double _level;
    private long _at;

    /// <param name="perSecond">How many come back.</param>
    /// <param name="burst">Most that gather, and what is there at first.</param>
    /// <param name="time">Monotonic clock.</param>
    public TokenBucket(double perSecond, double burst, TimeProvider time) =>
        (_perSecond, _burst, _time, _level, _at) = (perSecond, burst, time, burst, time.GetTimestamp());

    /// <summary>What is there now; negative = a debt.</summary>
    public double Level
    {
        get
        {
            long now = _time.GetTimestamp();
            _level = Math.Min(_burst, _level + (_time.GetElapsedTime(_at, now).TotalSeconds * _perSecond));
            _at = now;
            return _level;
        }
    }

    /// <summary>Takes units, whether they are there or not.</summary>
    public void Take(double units) => _level = Level - units;

    /// <summary>How long until so many are there.</summary>
    public TimeSpan Until(double units) => TimeSpan.FromSeconds(Math.Max(0, (units - Level) / _perSecond));
}
