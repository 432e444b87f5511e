using ClipFusion.Camera;
using ClipFusion.Foundation;

namespace ClipFusion.Tests.EdgeDaemon.Pipeline;

/// <summary>A camera as the real ones are: every trigger gets a frame of noise from a pool that was filled beforehand.</summary>
internal sealed class PooledCamera(int width, int height) : IFrameSource
{
    private readonly FrameShape _shape = FrameShape.Packed(width, height, PixelFormat.RGB8);
    private readonly FramePool _pool = new(2, width * height * 3);
    private readonly Random _random = new(1);
    private ulong _id;

    public SourceState State { get; } = new(SourceStatus.Connected);

    public FrameCounters Counters { get; } = new();

    public bool FramesWait => false;

    public bool MatchesTriggers => false;

    public event Action<SourceState>? StateChanged
    {
        add { }
        remove { }
    }

    public ValueTask OpenAsync(CancellationToken cancellation = default) => ValueTask.CompletedTask;

    public ValueTask CloseAsync() => ValueTask.CompletedTask;

    public async ValueTask<Frame> TriggerAsync(TriggerContext trigger, CancellationToken cancellation = default)
    {
        Frame frame = await _pool.RentAsync(_shape, cancellation);
        _random.NextBytes(frame.Pixels);
        frame.Stamp(++_id, DateTimeOffset.UtcNow, TimeProvider.System.GetTimestamp(), trigger.Number);
        return frame;
    }

    public IAsyncEnumerable<Frame> StreamAsync(CancellationToken cancellation = default) =>
        throw new InvalidOperationException("this camera is triggered");

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
