using ClipFusion.Camera;
using ClipFusion.Foundation;

namespace ClipFusion.Tests.Camera;

public sealed class FramePoolTests
{
    private static readonly FrameShape Shape = FrameShape.Packed(40, 30, PixelFormat.RGB8);

    [Fact]
    public void Frame_UsedAfterDispose_Throws()
    {
        Frame frame = new FramePool(1, Shape.ByteCount).TryRent(Shape)!;
        frame.Dispose();
        Assert.Throws<ObjectDisposedException>(() => frame.Pixels[0]);
    }

    [Fact]
    public void Frame_DisposedTwice_GivesItsBufferBackOnce()
    {
        var pool = new FramePool(2, Shape.ByteCount);
        Frame first = pool.TryRent(Shape)!;
        using Frame second = pool.TryRent(Shape)!;
        first.Dispose();
        first.Dispose();
        Assert.Equal(1, pool.InUse);
        using Frame third = pool.TryRent(Shape)!;
        Assert.Null(pool.TryRent(Shape));
        third.Pixels.Fill(7);
        second.Pixels.Fill(9);
        Assert.Equal(7, third.Pixels[^1]);
    }

    [Fact]
    public async Task Pool_Exhausted_FailsOrWaitsByPolicy()
    {
        var failing = new FramePool(1, Shape.ByteCount, PoolPolicy.Fail);
        using Frame held = await failing.RentAsync(Shape, TestContext.Current.CancellationToken);
        FrameException refused = await Assert.ThrowsAsync<FrameException>(async () =>
            await failing.RentAsync(Shape, TestContext.Current.CancellationToken)
        );
        Assert.Equal(FrameFault.NoBuffer, refused.Fault);

        var waiting = new FramePool(1, Shape.ByteCount);
        Frame first = await waiting.RentAsync(Shape, TestContext.Current.CancellationToken);
        ValueTask<Frame> second = waiting.RentAsync(Shape, TestContext.Current.CancellationToken);
        Assert.False(second.IsCompleted);
        first.Dispose();
        (await second).Dispose();
        Assert.Equal(0, waiting.InUse);
    }

    [Fact]
    public void Pool_FrameLargerThanAllowed_IsRefusedWithBothSizes()
    {
        FrameException e = Assert.Throws<FrameException>(() => new FramePool(1, 100).TryRent(Shape));
        Assert.Equal(FrameFault.WrongSize, e.Fault);
        Assert.Contains("3600", e.Message, StringComparison.Ordinal);
        Assert.Contains("100", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Pool_SteadyState_AllocatesOnlySmallObjects()
    {
        var pool = new FramePool(2, 1 << 20);
        FrameShape shape = FrameShape.Encoded(1 << 20);
        for (int i = 0; i < 4; i++)
            pool.TryRent(shape)!.Dispose();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
            pool.TryRent(shape)!.Dispose();
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 100, 0, 512);
    }

    [Fact]
    public void Frame_NotAsExpected_SaysWhichFault()
    {
        using Frame frame = new FramePool(1, Shape.ByteCount).TryRent(Shape)!;
        frame.Stamp(3, DateTimeOffset.UnixEpoch, 0);
        frame.EnsureUsable(Shape);
        FrameException size = Assert.Throws<FrameException>(() => frame.EnsureUsable(FrameShape.Packed(41, 30, PixelFormat.RGB8)));
        Assert.Equal(FrameFault.WrongSize, size.Fault);
        Assert.Equal("frame 3 is 40 x 30 RGB8; expected 41 x 30 RGB8", size.Message);
        frame.Stamp(4, DateTimeOffset.UnixEpoch, 0, isComplete: false);
        Assert.Equal(FrameFault.Incomplete, Assert.Throws<FrameException>(() => frame.EnsureUsable(Shape)).Fault);
    }
}
