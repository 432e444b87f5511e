using System.Runtime.InteropServices;
using ClipFusion.Camera;
using ClipFusion.Camera.Folder;

namespace ClipFusion.Tests.Camera.Folder;

/// <summary>Files that the kernel does not tell of, folders that are not what they were, and files that can't be moved away.</summary>
public sealed partial class FolderWatchTests
{
    [Fact]
    public async Task HardLink_IntoTheFolder_IsFoundByTheListing()
    {
        await using var folder = new DropFolder();
        File.WriteAllText(folder.Path + ".source", "linked");
        await folder.Camera.OpenAsync(DropFolder.Cancellation);
        Task<string> next = folder.TakeNext(1);
        Assert.Equal(0, Link(folder.Path + ".source", folder["a.png"]));
        folder.Tick(10);
        Assert.Equal("linked", await next);
    }

    [Fact]
    public async Task Folder_ReplacedUnderItsPath_IsNoticedAndTheNewOneServed()
    {
        await using var folder = new DropFolder(options => options with { Path = options.Path + "-link" });
        string other = Directory.CreateDirectory(folder.Path + "-other").FullName,
            link = folder.Options.Path;
        Directory.CreateSymbolicLink(link, folder.Path);
        await folder.Camera.OpenAsync(DropFolder.Cancellation);
        File.WriteAllText(folder["a.png"], "here");
        Assert.Equal("here", await folder.TakeNext(1));

        // As a mount over the folder: nothing happens to the one that is watched.
        var states = new List<SourceState>();
        folder.Camera.StateChanged += states.Add;
        File.Delete(link);
        Directory.CreateSymbolicLink(link, other);
        folder.Tick();
        Assert.Equal([SourceStatus.Lost, SourceStatus.Connected], states.Select(s => s.Status));
        Assert.Contains("another folder", states[0].Reason, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(other, "b.png"), "there");
        Assert.Equal("there", await folder.TakeNext(2));
    }

    [Theory, InlineData(FolderWatchMode.Notify), InlineData(FolderWatchMode.Poll)]
    public async Task NameThatIsNotUtf8_IsTakenByItsBytesAndShownReadably(FolderWatchMode mode)
    {
        await using var folder = new DropFolder(options => options with { WatchMode = mode });
        await folder.Camera.OpenAsync(DropFolder.Cancellation);
        Task<Frame> next = folder.Trigger(1);
        await Programs.PassAsync(
            "/bin/sh",
            ["-c", """printf latin > "$0/$(printf 'Teil\351.png')" """, folder.Path],
            DropFolder.Cancellation
        );
        folder.Tick(10);
        using Frame frame = await next;
        Assert.Equal(("Teil%E9.png", "latin"), (frame.FileName, DropFolder.Text(frame)));
        frame.Settle(FrameOutcome.Done);
        Assert.True(File.Exists(folder["done", "Teil%E9.png"]));
    }

    [Fact]
    public async Task FileThatCanNotBeMovedAway_IsSaidInTheState_AndNotHandedOutAgain()
    {
        var notes = new List<FolderNote>();
        await using var folder = new DropFolder(options => options with { Note = notes.Add, Files = "*.png" });
        await folder.Camera.OpenAsync(DropFolder.Cancellation);
        // Nobody, root included, can make a folder where a file is.
        File.WriteAllText(folder["done"], "in the way");
        File.WriteAllText(folder["a.png"], "a");
        Assert.Equal("a", await folder.TakeNext(1));
        Assert.Equal((1, SourceStatus.Connected), (folder.Camera.Counters.Stuck, folder.Camera.State.Status));
        Assert.Contains("can't be moved away", folder.Camera.State.Reason, StringComparison.Ordinal);
        Assert.Contains(notes, n => n is { Kind: FolderNoteKind.Stuck, File: "a.png" });

        folder.Tick(10);
        File.WriteAllText(folder["b.png"], "b");
        File.Delete(folder["done"]);
        Assert.Equal("b", await folder.TakeNext(2));
        Assert.Null(folder.Camera.State.Reason);
        Assert.Contains(notes, n => n.Kind == FolderNoteKind.MovedAgain);
    }

    [Fact]
    public async Task FileOfAnEarlierRun_IsPutAwayAndNotHandedOut_ButComesWhenItIsPutBack()
    {
        var taken = new HashSet<string> { "a.png" };
        var notes = new List<FolderNote>();
        await using var folder = new DropFolder(options =>
            options with
            {
                ReplayExisting = true,
                Note = notes.Add,
                WasHandedOut = file => taken.Contains(file.Name),
                PutAway = file => taken.Remove(file.Name),
            }
        );
        folder.WriteOld("a.png", "a");
        folder.WriteOld("b.png", "b");
        await folder.Camera.OpenAsync(DropFolder.Cancellation);
        Assert.Equal("b", await folder.TakeNext(1));
        Assert.Contains(notes, n => n is { Kind: FolderNoteKind.HandedOutBefore, File: "a.png" });
        File.Move(folder["done", "a.png"], folder["a.png"]);
        Assert.Equal("a", await folder.TakeNext(2));
    }

    [
        Theory,
        InlineData(0x6969u, "NFS"),
        InlineData(0xFF534D42u, "CIFS"),
        InlineData(0xFE534D42u, "SMB2"),
        InlineData(0x65735546u, "FUSE"),
        InlineData(0x01021997u, "9p"),
        InlineData(0x5346414Fu, "AFS")
    ]
    [InlineData(0xEF53u, null), InlineData(0x01021994u, null), InlineData(0x58465342u, null)]
    public void FileSystemKind_SharedWithOthers_HasAName(uint type, string? expected) =>
        Assert.Equal(expected, FileSystemKind.RemoteName(type));

    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string from, string to);
}
