using ClipFusion.Camera;
using ClipFusion.EdgeDaemon.Pictures;
using ClipFusion.Foundation;
using ClipFusion.Imaging;
using static ClipFusion.Tests.EdgeDaemon.Pictures.PictureSamples;

namespace ClipFusion.Tests.EdgeDaemon.Pictures;

public sealed class KeptFramesTests
{
    [Fact]
    public void Keep_FullQueue_DropsTheOldestAndFreesItsMap()
    {
        var frames = new KeptFrames();
        using Frame frame = Frame(64, 64, PixelFormat.Mono8);
        PooledAnomalyMap[] maps = [.. Enumerable.Range(0, KeptFrames.MaximumFrames + 3).Select(_ => Map(Region.Whole(64, 64)))];
        for (int i = 0; i < maps.Length; i++)
            Assert.True(frames.Keep(Source(frame, i, maps[i]), PictureUses.Heatmap, i));
        Assert.Equal((KeptFrames.MaximumFrames, 3), (frames.Waiting, frames.Dropped));
        Assert.Equal(3, frames.Next()!.Verdict.Inspection.Sequence);
        Assert.Throws<ObjectDisposedException>(() => maps[2].Values.Length);
        Assert.Equal(MapSide * MapSide, maps[3].Values.Length);
    }

    [Fact]
    public void Keep_LargeFrames_StayWithinTheMemoryButTwoAreAlwaysKept()
    {
        var frames = new KeptFrames(memory: 3 * 10_000);
        using Frame small = Frame(100, 100, PixelFormat.Mono8),
            large = Frame(300, 300, PixelFormat.Mono8);
        for (int i = 0; i < 5; i++)
            frames.Keep(Source(small, i), PictureUses.Archive, i);
        Assert.Equal((3, 2), (frames.Waiting, frames.Dropped));

        var few = new KeptFrames(memory: 1);
        for (int i = 0; i < 5; i++)
            few.Keep(Source(large, i), PictureUses.Archive, i);
        Assert.Equal((2, 3), (few.Waiting, few.Dropped));
    }

    [Fact]
    public void Keep_FrameGivenBackAtOnce_IsACopyAndItsMemoryIsUsedAgain()
    {
        var frames = new KeptFrames();
        Frame frame = Frame(1000, 1000, PixelFormat.RGB8);
        byte first = frame.Pixels[0];
        frames.Keep(Source(frame, 1), PictureUses.Archive, 0);
        frame.Pixels.Clear();
        frame.Dispose();
        KeptFrame kept = frames.Next()!;
        Assert.Equal(first, kept.Bytes[0]);
        frames.Return(kept);

        using Frame again = Frame(1000, 1000, PixelFormat.RGB8);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10; i++)
        {
            frames.Keep(Source(again, i), PictureUses.Archive, 0);
            frames.Return(frames.Next()!);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 80_000);
    }

    [Fact]
    public void Keep_EveryPlaceBeingWorkedOn_IsDroppedItself()
    {
        var frames = new KeptFrames(memory: 1);
        using Frame frame = Frame(10, 10, PixelFormat.Mono8);
        for (int i = 0; i < 2; i++)
        {
            frames.Keep(Source(frame, i), PictureUses.Archive, 0);
            Assert.NotNull(frames.Next());
        }

        Assert.False(frames.Keep(Source(frame, 3), PictureUses.Archive, 0));
        Assert.Equal(1, frames.Dropped);
    }

    private static PictureSource Source(Frame frame, long sequence, PooledAnomalyMap? map = null) =>
        new(Verdict(sequence: sequence), frame, map, Recipe, null, NormalLevels.Unknown);
}
