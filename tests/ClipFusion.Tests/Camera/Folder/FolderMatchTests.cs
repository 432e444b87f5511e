using ClipFusion.Camera;
using ClipFusion.Camera.Folder;

namespace ClipFusion.Tests.Camera.Folder;

/// <summary>A verdict belongs to its part: which file answers which trigger.</summary>
public sealed class FolderMatchTests
{
    [Fact]
    public async Task Name_FilesInAnotherOrderAndOneMissing_EachTriggerHasItsOwnOrNone()
    {
        await using var folder = new DropFolder(options => options with { Match = FileMatch.Name });
        await folder.Camera.OpenAsync(DropFolder.Cancellation);
        Task<Frame> one = Ask(folder, 1, "S1"),
            two = Ask(folder, 2, "S2"),
            three = Ask(folder, 3, null, "P-3");
        File.WriteAllText(folder["P-3.png"], "three");
        File.WriteAllText(folder["S1.jpg"], "one");
        Assert.Equal(("one", "three"), (Settled(await one), Settled(await three)));
        folder.Time.Advance(TimeSpan.FromSeconds(60));
        FrameException missing = await Assert.ThrowsAsync<FrameException>(() => two);
        Assert.Equal(FrameFault.Timeout, missing.Fault);
        Assert.Contains("S2", missing.Message, StringComparison.Ordinal);

        // Late: nobody else's.
        File.WriteAllText(folder["S2.png"], "two");
        Task<Frame> four = Ask(folder, 4, "S4");
        File.WriteAllText(folder["S4.png"], "four");
        Assert.Equal("four", Settled(await four));
        Assert.True(File.Exists(folder["S2.png"]));
    }

    [Fact]
    public async Task Name_TriggerWithoutAnyId_IsAnsweredAtOnceWithTheReason()
    {
        await using var folder = new DropFolder(options => options with { Match = FileMatch.Name });
        await folder.Camera.OpenAsync(DropFolder.Cancellation);
        Assert.Contains(
            "neither a trigger id nor a part id",
            (await Assert.ThrowsAsync<FrameException>(() => Ask(folder, 1, null))).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Name_FileThatNobodyAsksFor_GoesToRejectedInTheEnd()
    {
        await using var folder = new DropFolder(options =>
            options with
            {
                Match = FileMatch.Name,
                UnclaimedAfter = TimeSpan.FromSeconds(30),
                ReplayExisting = true,
            }
        );
        folder.WriteOld("nobody.png", "x");
        await folder.Camera.OpenAsync(DropFolder.Cancellation);
        folder.Tick(20);
        Assert.True(File.Exists(folder["nobody.png"]));
        folder.Tick(20);
        Assert.Contains("no trigger asked", File.ReadAllText(folder["rejected", "nobody.png.reason.txt"]), StringComparison.Ordinal);
        Assert.Equal(1, folder.Camera.Counters.Unmatched);
    }

    [Fact]
    public async Task Time_OneFileMissing_TheOthersStayWithTheirTriggers()
    {
        await using var folder = new DropFolder(options => options with { Match = FileMatch.Time, MatchWindow = TimeSpan.FromSeconds(2) });
        await folder.Camera.OpenAsync(DropFolder.Cancellation);
        DateTimeOffset start = folder.Time.GetUtcNow();
        Task<Frame>[] asked = [.. Enumerable.Range(0, 3).Select(i => Ask(folder, i, $"t{i}", at: start.AddSeconds(i)))];
        WriteAt(folder, "third.png", start.AddSeconds(2.2));
        WriteAt(folder, "second.png", start.AddSeconds(1.2));
        Assert.Equal(("second.png", "third.png"), (Settled(await asked[1]), Settled(await asked[2])));
        folder.Time.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(FrameFault.Timeout, (await Assert.ThrowsAsync<FrameException>(() => asked[0])).Fault);
    }

    [Fact]
    public async Task Order_FileThatCameForAnAnsweredTrigger_IsPutAsideAndTheNextPartHasItsOwn()
    {
        await using var folder = new DropFolder();
        await folder.Camera.OpenAsync(DropFolder.Cancellation);
        DateTimeOffset start = folder.Time.GetUtcNow();
        Task<Frame> first = Ask(folder, 1, "t1", at: start);
        folder.Time.Advance(TimeSpan.FromSeconds(60));
        await Assert.ThrowsAsync<FrameException>(() => first);
        WriteAt(folder, "late.png", start.AddSeconds(61));
        Task<Frame> second = Ask(folder, 2, "t2", at: start.AddSeconds(70));
        WriteAt(folder, "second.png", start.AddSeconds(70.3));
        Assert.Equal("second.png", Settled(await second));
        Assert.Contains("it came for trigger t1", File.ReadAllText(folder["rejected", "late.png.reason.txt"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Order_PicturesBeforeTheirTriggers_AreNotTakenForLateOnes()
    {
        await using var folder = new DropFolder();
        await folder.Camera.OpenAsync(DropFolder.Cancellation);
        DateTimeOffset start = folder.Time.GetUtcNow();
        WriteAt(folder, "a.png", start.AddSeconds(-10));
        Assert.Equal("a.png", Settled(await Ask(folder, 1, "t1", at: start)));
        Task<Frame> none = Ask(folder, 2, "t2", at: start.AddSeconds(1));
        folder.Time.Advance(TimeSpan.FromSeconds(60));
        await Assert.ThrowsAsync<FrameException>(() => none);
        WriteAt(folder, "c.png", start.AddSeconds(65));
        Assert.Equal("c.png", Settled(await Ask(folder, 3, "t3", at: start.AddSeconds(75))));
    }

    [Fact]
    public async Task PartIdFromName_Found_IsTheFrames()
    {
        await using var folder = new DropFolder(options =>
            options with
            {
                PartIdFromName = new System.Text.RegularExpressions.Regex("^part([A-Z0-9]+)_"),
            }
        );
        await folder.Camera.OpenAsync(DropFolder.Cancellation);
        File.WriteAllText(folder["partA7_cam1.png"], "x");
        using Frame frame = await folder.Trigger(1);
        Assert.Equal("A7", frame.PartId);
    }

    private static Task<Frame> Ask(DropFolder folder, long number, string? id, string? part = null, DateTimeOffset? at = null) =>
        folder
            .Camera.TriggerAsync(new TriggerContext(number, TimeSpan.FromSeconds(60), id, part, at), DropFolder.Cancellation)
            .AsTask()
            .WaitAsync(TimeSpan.FromSeconds(60), DropFolder.Cancellation);

    private static string Settled(Frame frame)
    {
        using (frame)
        {
            frame.Settle(FrameOutcome.Done);
            return DropFolder.Text(frame);
        }
    }

    /// <summary>A file of a time, which holds its own name.</summary>
    private static void WriteAt(DropFolder folder, string name, DateTimeOffset time)
    {
        string hidden = folder[$".{name}"];
        File.WriteAllText(hidden, name);
        File.SetLastWriteTimeUtc(hidden, time.UtcDateTime);
        File.Move(hidden, folder[name]);
    }
}
