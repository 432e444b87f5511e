namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>Counts what is live and under way, so that others can let it pass: replay the publishes, heatmaps the verdicts.</summary>
internal sealed class LiveTraffic
{
    private readonly Lock _gate = new();
    private TaskCompletionSource? _idle;
    private int _count;

    public void Enter()
    {
        lock (_gate)
        {
            if (_count++ == 0)
                _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    public void Leave()
    {
        TaskCompletionSource? idle = null;
        lock (_gate)
        {
            if (--_count == 0)
                (idle, _idle) = (_idle, null);
        }
        idle?.SetResult();
    }

    public Task WhenIdle()
    {
        lock (_gate)
            return _idle?.Task ?? Task.CompletedTask;
    }
}
