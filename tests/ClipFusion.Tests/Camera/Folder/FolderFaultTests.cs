using ClipFusion.Camera;
using ClipFusion.Camera.Folder;

namespace ClipFusion.Tests.Camera.Folder;

[Trait("speed", "slow")]
public sealed class FolderFaultTests
{
    [Theory, InlineData(FolderWatchMode.Notify), InlineData(FolderWatchMode.Poll)]
    public async Task Folder_RemovedAndBack_IsLostThenServesWhatCameMeanwhile(FolderWatchMode mode)
    {
        await using var folder = new DropFolder(options => options with { WatchMode = mode });
        await folder.Camera.OpenAsync(DropFolder.Cancellation);
        Task<Frame> waiting = folder.Trigger(1);
        Directory.Delete(folder.Path);
        if (mode == FolderWatchMode.Poll)
            folder.Tick();
        await folder.Until(SourceStatus.Lost);
        FrameException lost = await Assert.ThrowsAsync<FrameException>(() => waiting);
        Assert.Equal(FrameFault.Disconnected, lost.Fault);
        Assert.Contains(folder.Path, lost.Message, StringComparison.Ordinal);

        Directory.CreateDirectory(folder.Path);
        folder.WriteOld("meanwhile.png", "meanwhile");
        folder.Tick();
        await folder.Until(SourceStatus.Connected);
        Task<string> next = folder.TakeNext(2);
        folder.Tick(4);
        Assert.Equal("meanwhile", await next);
        Assert.Equal(1, folder.Camera.Counters.Lost);
    }

    [Fact]
    public async Task Folder_Renamed_IsLostAndNotMadeAnew()
    {
        await using var folder = new DropFolder();
        await folder.Camera.OpenAsync(DropFolder.Cancellation);
        File.WriteAllText(folder["a.png"], "a");
        using Frame frame = await folder.Trigger(1);
        Directory.Move(folder.Path, folder.Path + "-elsewhere");
        await folder.Until(SourceStatus.Lost);
        frame.Settle(FrameOutcome.Done);
        Assert.False(Directory.Exists(folder.Path));
        Assert.Equal(1, folder.Camera.Counters.Stuck);
        Assert.Contains("renamed", folder.Camera.State.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Folder_NotThereAtOpening_IsLostUntilItAppears()
    {
        await using var folder = new DropFolder(create: false);
        await folder.Camera.OpenAsync(DropFolder.Cancellation);
        Assert.Equal(SourceStatus.Lost, folder.Camera.State.Status);
        Directory.CreateDirectory(folder.Path);
        folder.Tick();
        await folder.Until(SourceStatus.Connected);
        File.WriteAllText(folder["a.png"], "a");
        Assert.Equal("a", await folder.TakeNext(1));
    }

    [Fact]
    public async Task UnusableFiles_AreRejectedWithReasons_AndAnswerTheirTriggers_ButEmptyOnesAnswerNone()
    {
        await using var folder = new DropFolder(options => options with { ReplayExisting = true, MaxFileBytes = 100 });
        folder.WriteOld("a.png", "fine");
        folder.WriteOld("b.png", new string('x', 101));
        folder.WriteOld("c.png", "");
        File.CreateSymbolicLink(folder["d.png"], "/etc/hostname");
        await Programs.MakePipeAsync(folder["e.png"], DropFolder.Cancellation);
        folder.WriteOld("f.png", "fine too");
        folder.Time.Advance(TimeSpan.FromMinutes(1));
        await folder.Camera.OpenAsync(DropFolder.Cancellation);
        Assert.Equal("fine", await folder.TakeNext(1));
        foreach (
            (string name, string reason) in ((string, string)[])
                [("b", "101 bytes; at most 100"), ("d", "symbolic link"), ("e", "can't be read as a file")]
        )
        {
            FrameException e = await Assert.ThrowsAsync<FrameException>(() => folder.Trigger(2));
            Assert.Equal(FrameFault.BadImage, e.Fault);
            Assert.Contains(reason, e.Message, StringComparison.Ordinal);
            Assert.Contains(reason, File.ReadAllText(folder["rejected", $"{name}.png.reason.txt"]), StringComparison.Ordinal);
        }
        Assert.Equal("fine too", await folder.TakeNext(3));
        Assert.Equal((3, 1), (folder.Camera.Counters.Rejected, folder.Camera.Counters.Ignored));
        Assert.True(File.Exists(folder["c.png"]));
    }

    [Fact]
    public async Task Stream_UnusableFiles_ComeWithTheirReasonAndWithoutPixels()
    {
        await using var folder = new DropFolder(options => options with { ReplayExisting = true, MaxFileBytes = 100 });
        folder.WriteOld("a.png", new string('x', 101));
        folder.WriteOld("b.png", "fine");
        folder.WriteOld("c.png", "");
        folder.Time.Advance(TimeSpan.FromMinutes(1));
        await folder.Camera.OpenAsync(DropFolder.Cancellation);
        var seen = new List<(string?, string?, int)>();
        await foreach (Frame frame in folder.Camera.StreamAsync(DropFolder.Cancellation))
        {
            using (frame)
                seen.Add((frame.FileName, frame.Refusal, frame.Pixels.Length));
            frame.Settle(frame.Refusal is null ? FrameOutcome.Done : FrameOutcome.Rejected, frame.Refusal);
            if (seen.Count == 3)
                break;
        }
        Assert.Equal([("a.png", "it has 101 bytes; at most 100 are taken", 0), ("b.png", null, 4), ("c.png", "it is empty", 0)], seen);
        Assert.Equal(
            ["a.png", "a.png.reason.txt", "c.png", "c.png.reason.txt"],
            Directory.GetFiles(folder["rejected"]).Select(Path.GetFileName).Order()
        );
    }

    [Fact]
    public async Task TenThousandFiles_DroppedAtOnce_AllComeOnceWithBoundedMemory()
    {
        const int count = 10_000;
        await using var folder = new DropFolder(options => options with { MaxWaitingNames = 1500 });
        await folder.Camera.OpenAsync(DropFolder.Cancellation);
        for (int i = 0; i < count; i++)
            folder.WriteOld($"{i:00000}.png", "x");
        var seen = new HashSet<string>();
        int mostWaiting = 0;
        await foreach (Frame frame in folder.Camera.StreamAsync(DropFolder.Cancellation))
        {
            Assert.True(seen.Add(frame.FileName!), $"{frame.FileName} came twice");
            mostWaiting = Math.Max(mostWaiting, folder.Camera.WaitingNames);
            frame.Dispose();
            frame.Settle(FrameOutcome.Done);
            if (seen.Count == count)
                break;
        }
        Assert.InRange(mostWaiting, 1, 1500);
        Assert.Equal(count, Directory.GetFiles(folder["done"]).Length);
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public async Task Poll_FileStillGrowing_WaitsUntilItIsStable()
    {
        await using var folder = new DropFolder(options => options with { WatchMode = FolderWatchMode.Poll });
        await folder.Camera.OpenAsync(DropFolder.Cancellation);
        Task<Frame> waiting = folder.Trigger(1);
        for (int i = 0; i < 6; i++)
        {
            File.AppendAllText(folder["a.png"], "more");
            folder.Tick();
            Assert.Equal(0, folder.Camera.WaitingNames);
        }
        Assert.False(waiting.IsCompleted);
        folder.Tick(2);
        using Frame frame = await waiting;
        Assert.Equal(24, frame.Pixels.Length);
    }

    [Fact]
    public async Task Trigger_Cancelled_GivesTheFileToTheNext()
    {
        await using var folder = new DropFolder(options => options with { ReplayExisting = true, BufferCount = 1 });
        folder.WriteOld("a.png", "a");
        folder.WriteOld("b.png", "b");
        await folder.Camera.OpenAsync(DropFolder.Cancellation);
        Frame held = await folder.Trigger(1);
        // The only buffer is held, so this one stops between taking the name and reading.
        Task<Frame> starved = folder.Trigger(2, seconds: 1);
        folder.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(FrameFault.Timeout, (await Assert.ThrowsAsync<FrameException>(() => starved)).Fault);
        held.Dispose();
        Assert.Equal("b", await folder.TakeNext(3));
    }
}
