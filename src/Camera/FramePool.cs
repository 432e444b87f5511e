using System.Threading.Channels;

namespace ClipFusion.Camera;

/// <summary>What a pool does when every buffer is in use.</summary>
public enum PoolPolicy
{
    /// <summary>Wait until a frame is disposed.</summary>
    Wait,

    /// <summary>Fail at once with <see cref="FrameFault.NoBuffer"/>.</summary>
    Fail,
}

/// <summary>
/// A fixed number of frame buffers. Buffers are made when first needed and grow to the largest frame seen, on the pinned heap; after that
/// nothing is allocated but the small <see cref="Frame"/> objects. Thread-safe.
/// </summary>
public sealed class FramePool
{
    private readonly Channel<byte[]> _free;

    /// <summary>Creates an empty pool.</summary>
    /// <param name="capacity">Frames that may exist at the same time, at least 1.</param>
    /// <param name="maxFrameBytes">The largest frame that is handed out, at least 1 byte.</param>
    /// <param name="policy">What happens when all are in use.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
    public FramePool(int capacity, int maxFrameBytes, PoolPolicy policy = PoolPolicy.Wait)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxFrameBytes, 1);
        (Capacity, MaxFrameBytes, Policy) = (capacity, maxFrameBytes, policy);
        _free = Channel.CreateBounded<byte[]>(capacity);
        for (int i = 0; i < capacity; i++)
            Return([]);
    }

    /// <summary>Frames that may exist at the same time.</summary>
    public int Capacity { get; }

    /// <summary>The largest frame that is handed out, bytes.</summary>
    public int MaxFrameBytes { get; }

    /// <summary>What happens when all are in use.</summary>
    public PoolPolicy Policy { get; }

    /// <summary>Frames that are in use now.</summary>
    public int InUse => Capacity - _free.Reader.Count;

    /// <summary>A frame whose pixels are whatever lay there before.</summary>
    /// <param name="shape">Its layout.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="FrameException"><see cref="FrameFault.WrongSize"/>: larger than the pool allows. <see cref="FrameFault.NoBuffer"/>:
    /// all in use and the policy is to fail.</exception>
    public ValueTask<Frame> RentAsync(FrameShape shape, CancellationToken cancellation = default)
    {
        if (TryRent(shape) is { } frame)
            return ValueTask.FromResult(frame);
        return Policy == PoolPolicy.Wait
            ? WaitAsync(shape, cancellation)
            : ValueTask.FromException<Frame>(new FrameException(FrameFault.NoBuffer, $"all {Capacity} frame buffers are in use"));
    }

    /// <summary>As <see cref="RentAsync"/>, but null when all buffers are in use, whatever the policy.</summary>
    /// <exception cref="FrameException"><see cref="FrameFault.WrongSize"/>: larger than the pool allows.</exception>
    public Frame? TryRent(FrameShape shape)
    {
        if (shape.ByteCount > MaxFrameBytes)
            throw new FrameException(
                FrameFault.WrongSize,
                $"a frame of {shape} has {shape.ByteCount} bytes; this pool's frames have at most {MaxFrameBytes}"
            );
        return _free.Reader.TryRead(out byte[]? memory) ? Make(memory, shape) : null;
    }

    /// <summary>Never full: there are as many places as buffers.</summary>
    internal void Return(byte[] memory) => _free.Writer.TryWrite(memory);

    private async ValueTask<Frame> WaitAsync(FrameShape shape, CancellationToken cancellation) =>
        Make(await _free.Reader.ReadAsync(cancellation).ConfigureAwait(false), shape);

    private Frame Make(byte[] memory, FrameShape shape) =>
        new(this, memory.Length >= shape.ByteCount ? memory : Grow(memory, shape.ByteCount), shape);

    private byte[] Grow(byte[] memory, int needed)
    {
        try
        {
            return GC.AllocateUninitializedArray<byte>(RoundUp(needed), pinned: true);
        }
        catch (OutOfMemoryException)
        {
            Return(memory);
            throw;
        }
    }

    /// <summary>A quarter above, so that files of slowly growing sizes don't make a new buffer each time.</summary>
    private int RoundUp(int needed) => (int)Math.Min(MaxFrameBytes, needed + (long)needed / 4);
}
