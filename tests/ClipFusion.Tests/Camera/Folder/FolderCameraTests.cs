using ClipFusion.Camera;
using ClipFusion.Foundation;

namespace ClipFusion.Tests.Camera.Folder;

public sealed class FolderCameraTests
{
    [Fact]
    public async Task Replay_ExistingFiles_AnswerTriggersInNameOrderAndEndInDone()
    {
        await using var folder = new DropFolder(options => options with { ReplayExisting = true });
        foreach (string name in (string[])["c.png", "a.png", "b.png"])
            folder.WriteOld(name, name);
        await folder.Camera.OpenAsync(DropFolder.Cancellation);
        using Frame first = await folder.Trigger(7);
        Assert.Equal(
            ("a.png", 7L, PixelFormat.Encoded, "a.png"),
            (first.FileName, first.TriggerNumber, first.Format, DropFolder.Text(first))
        );
        Assert.Equal("b.png", await folder.TakeNext(8));
        Assert.Equal("c.png", await folder.TakeNext(9));
        // The first has not been settled: it stays.
        Assert.Equal(["a.png"], Directory.GetFiles(folder.Path).Select(Path.GetFileName));
        first.Dispose();
        first.Settle(FrameOutcome.Done);
        Assert.Equal(["a.png", "b.png", "c.png"], Directory.GetFiles(folder["done"]).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task ExistingFiles_WithoutReplay_AreLeftAloneUntilWrittenAnew()
    {
        await using var folder = new DropFolder();
        folder.WriteOld("old.png", "old");
        folder.WriteOld("older.png", "older");
        await folder.Camera.OpenAsync(DropFolder.Cancellation);
        Task<Frame> waiting = folder.Trigger(1);
        folder.Tick(5);
        Assert.False(waiting.IsCompleted);
        File.WriteAllText(folder["old.png"], "new");
        using Frame frame = await waiting;
        Assert.Equal("new", DropFolder.Text(frame));
    }

    [Fact]
    public async Task TwoSlowWriters_FilesComeWhenClosed_AndOnlyThen()
    {
        await using var folder = new DropFolder();
        await folder.Camera.OpenAsync(DropFolder.Cancellation);
        Task<Frame> first = folder.Trigger(1);
        FileStream one = File.Create(folder["one.png"]),
            two = File.Create(folder["two.png"]);
        for (int i = 0; i < 5; i++)
        {
            foreach (FileStream file in (FileStream[])[one, two])
            {
                file.Write("part"u8);
                file.Flush(flushToDisk: false);
            }
            folder.Tick(10);
        }
        Assert.False(first.IsCompleted);
        two.Dispose();
        using (Frame frame = await first)
            Assert.Equal(("two.png", 20), (frame.FileName, frame.Pixels.Length));
        one.Dispose();
        using Frame last = await folder.Trigger(2);
        Assert.Equal(("one.png", 20), (last.FileName, last.Pixels.Length));
    }

    [Fact]
    public async Task TemporaryNames_AreIgnored_UntilRenamed()
    {
        await using var folder = new DropFolder();
        await folder.Camera.OpenAsync(DropFolder.Cancellation);
        foreach (string name in (string[])[".a.png", "a.png.tmp", "a.png.PART"])
            File.WriteAllText(folder[name], "half");
        File.WriteAllText(folder["b.tmp"], "whole");
        File.Move(folder["b.tmp"], folder["b.png"]);
        Assert.Equal("whole", await folder.TakeNext(1));
        Assert.Equal(0, folder.Camera.WaitingNames);
        Assert.True(File.Exists(folder["a.png.tmp"]));
    }

    [Fact]
    public async Task SameName_AgainAndAgain_GetsASuffixAndNothingIsLost()
    {
        await using var folder = new DropFolder();
        await folder.Camera.OpenAsync(DropFolder.Cancellation);
        for (int i = 0; i < 4; i++)
        {
            File.WriteAllText(folder["image.png"], $"picture {i}");
            Assert.Equal($"picture {i}", await folder.TakeNext(i + 1));
        }
        string[] done = Directory.GetFiles(folder["done"]);
        Assert.Equal(["picture 0", "picture 1", "picture 2", "picture 3"], done.Select(File.ReadAllText).Order());
        Assert.All(done, path => Assert.Matches(@"/image(-\d{8}T\d{9}Z(-\d)?)?\.png$", path));
    }

    [Fact]
    public async Task FileWrittenAnew_WhileItsFrameIsJudged_ComesAgainAndIsNotMovedUnseen()
    {
        await using var folder = new DropFolder();
        await folder.Camera.OpenAsync(DropFolder.Cancellation);
        File.WriteAllText(folder["image.png"], "one");
        using (Frame frame = await folder.Trigger(1))
        {
            File.WriteAllText(folder["image.png"], "another");
            frame.Settle(FrameOutcome.Done);
        }
        Assert.Equal("another", await folder.TakeNext(2));
    }

    [Fact]
    public async Task Rejected_ByTheDecoder_LiesInRejectedWithItsReasonBeside()
    {
        await using var folder = new DropFolder();
        await folder.Camera.OpenAsync(DropFolder.Cancellation);
        File.WriteAllText(folder["bad.png"], "not a picture");
        using (Frame frame = await folder.Trigger(1))
            frame.Settle(FrameOutcome.Rejected, "PNG signature is missing");
        Assert.Equal("not a picture", File.ReadAllText(folder["rejected", "bad.png"]));
        Assert.Equal("bad.png: PNG signature is missing\n", File.ReadAllText(folder["rejected", "bad.png.reason.txt"]));
        Assert.Equal(1, folder.Camera.Counters.Rejected);
    }

    [Fact]
    public async Task Trigger_NoFileInTime_TimesOutAndTheNextFileAnswersTheNext()
    {
        await using var folder = new DropFolder();
        await folder.Camera.OpenAsync(DropFolder.Cancellation);
        Task<Frame> early = folder.Trigger(1, seconds: 2);
        folder.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(FrameFault.Timeout, (await Assert.ThrowsAsync<FrameException>(() => early)).Fault);
        File.WriteAllText(folder["a.png"], "late");
        Assert.Equal("late", await folder.TakeNext(2));
    }

    [Fact]
    public async Task Stream_SelfArrivingFiles_ComeUntilClosed()
    {
        await using var folder = new DropFolder();
        await folder.Camera.OpenAsync(DropFolder.Cancellation);
        var seen = new List<string?>();
        File.WriteAllText(folder["1.png"], "1");
        await foreach (Frame frame in folder.Camera.StreamAsync(DropFolder.Cancellation))
        {
            using (frame)
                seen.Add(frame.FileName);
            frame.Settle(FrameOutcome.Done);
            if (seen.Count < 3)
                File.WriteAllText(folder[$"{seen.Count + 1}.png"], "next");
            else
                await folder.Camera.CloseAsync();
        }
        Assert.Equal(["1.png", "2.png", "3.png"], seen);
    }

    [Fact]
    public async Task FrameNeverSettled_FileComesAgainAfterReopening()
    {
        await using var folder = new DropFolder(options => options with { ReplayExisting = true });
        folder.WriteOld("a.png", "a");
        folder.WriteOld("b.png", "b");
        await folder.Camera.OpenAsync(DropFolder.Cancellation);
        (await folder.Trigger(1)).Dispose();
        Assert.Equal("b", await folder.TakeNext(2));
        await folder.Camera.CloseAsync();
        await folder.Camera.OpenAsync(DropFolder.Cancellation);
        Assert.Equal("a", await folder.TakeNext(3));
    }
}
