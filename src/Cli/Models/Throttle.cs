namespace ClipFusion.Cli.Models;

/// <summary>Lets through at most one call per interval.</summary>
internal sealed class Throttle(TimeSpan interval, TimeProvider time)
{
    private long? _last;

    public bool Pass()
    {
        long now = time.GetTimestamp();
        if (_last is { } last && time.GetElapsedTime(last, now) < interval)
            return false;
        _last = now;
        return true;
    }
}
