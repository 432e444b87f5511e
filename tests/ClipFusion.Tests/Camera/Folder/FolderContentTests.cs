using ClipFusion.Camera;
using ClipFusion.Camera.Folder;

namespace ClipFusion.Tests.Camera.Folder;

/// <summary>What is no picture answers nothing, and what is half a picture is waited for.</summary>
public sealed class FolderContentTests
{
    private readonly List<FolderNote> _notes = [];

    [Fact]
    public async Task OtherFilesBesideThePictures_AnswerNoTrigger_AndAreSaidOncePerEnding()
    {
        await using DropFolder folder = Checked();
        await folder.Camera.OpenAsync(DropFolder.Cancellation);
        for (int part = 1; part <= 3; part++)
        {
            foreach (string name in (string[])[$"S{part}.xml", "Thumbs.db", $"note{part}.txt"])
                File.WriteAllText(folder[name], "no picture");
            File.WriteAllText(folder[$"S{part}.png"], $"PIC {part}.");
            Assert.Equal($"PIC {part}.", await folder.TakeNext(part));
        }

        Assert.Equal([".db", ".txt", ".xml"], Ignored().Select(Path.GetExtension).Order());
        Assert.True(File.Exists(folder["S1.xml"]));
    }

    [Theory, InlineData(""), InlineData("garbage")]
    public async Task PictureNamesWithoutAPicture_ArePassedOverOnce_UntilTheyHoldOne(string content)
    {
        await using DropFolder folder = Checked(options => options with { ReplayExisting = true });
        folder.WriteOld("a.png", content);
        folder.WriteOld("b.png", "PIC b.");
        await folder.Camera.OpenAsync(DropFolder.Cancellation);
        Assert.Equal("PIC b.", await folder.TakeNext(1));
        folder.Tick(10);
        Assert.Equal(["a.png"], Ignored());
        File.WriteAllText(folder["a.png"], "PIC a.");
        Assert.Equal("PIC a.", await folder.TakeNext(2));
    }

    [Theory, InlineData(""), InlineData("PIC half")]
    public async Task FileClosedBeforeItIsWhole_KeepsItsPlaceUntilItIs(string begin)
    {
        await using DropFolder folder = Checked();
        await folder.Camera.OpenAsync(DropFolder.Cancellation);
        Task<Frame> first = folder.Trigger(1);
        File.WriteAllText(folder["a.png"], begin);
        File.WriteAllText(folder["b.png"], "PIC b.");
        Advance(folder, 5);
        Assert.False(first.IsCompleted);
        File.WriteAllText(folder["a.png"], "PIC half and half.");
        await Advance(folder, first);
        using Frame frame = await first;
        Assert.Equal("PIC half and half.", DropFolder.Text(frame));
        frame.Settle(FrameOutcome.Done);
        Assert.Equal("PIC b.", await folder.TakeNext(2));
        Assert.False(Directory.Exists(folder["rejected"]));
    }

    [Fact]
    public async Task FileThatStaysCutOff_IsHandedOutInTheEnd_SoThatItsPartIsAnswered()
    {
        await using DropFolder folder = Checked();
        await folder.Camera.OpenAsync(DropFolder.Cancellation);
        Task<Frame> first = folder.Trigger(1);
        File.WriteAllText(folder["a.png"], "PIC half");
        await Advance(folder, first);
        using Frame frame = await first;
        Assert.Equal("PIC half", DropFolder.Text(frame));
    }

    [Fact]
    public async Task Files_Pattern_TakesNothingElse()
    {
        await using DropFolder folder = Checked(options => options with { Files = "CAM1_*.dat" });
        await folder.Camera.OpenAsync(DropFolder.Cancellation);
        foreach (string name in (string[])["a.png", "CAM2_1.dat", "cam1_1.DAT"])
            File.WriteAllText(folder[name], $"PIC {name}.");
        Assert.Equal("PIC cam1_1.DAT.", await folder.TakeNext(1));
        Assert.Equal(0, folder.Camera.WaitingNames);
    }

    [
        Theory,
        InlineData("a.png.filepart"),
        InlineData("a.png.partial"),
        InlineData("a.png.crdownload"),
        InlineData("a.png.tmp"),
        InlineData("a.png~"),
        InlineData(".a.png")
    ]
    public async Task NameOfAFileBeingWritten_WaitsForItsRename(string name)
    {
        await using DropFolder folder = Checked();
        await folder.Camera.OpenAsync(DropFolder.Cancellation);
        File.WriteAllText(folder[name], "PIC a.");
        folder.Tick(20);
        Assert.Equal(0, folder.Camera.WaitingNames);
        File.Move(folder[name], folder["a.png"]);
        Assert.Equal("PIC a.", await folder.TakeNext(1));
        Assert.Empty(_notes);
    }

    private DropFolder Checked(Func<FolderOptions, FolderOptions>? change = null) =>
        new(options =>
        {
            options = options with { Check = Look, Note = Add };
            return change?.Invoke(options) ?? options;
        });

    /// <summary>A picture begins with PIC and ends with a full stop.</summary>
    private static PictureFinding Look(ReadOnlySpan<byte> file) =>
        !file.StartsWith("PIC"u8) ? new(PictureState.NoPicture, "it does not begin with PIC")
        : file[^1] != '.' ? new(PictureState.CutOff, "its end is missing")
        : default;

    private void Add(FolderNote note)
    {
        lock (_notes)
            _notes.Add(note);
    }

    private string[] Ignored()
    {
        lock (_notes)
            return [.. _notes.Where(n => n.Kind == FolderNoteKind.Ignored).Select(n => n.File)];
    }

    private static void Advance(DropFolder folder, int times)
    {
        for (int i = 0; i < times; i++)
            folder.Time.Advance(TimeSpan.FromMilliseconds(100));
    }

    /// <summary>
    /// Moves the clock on until something is done; how often the camera looks is its own business. Between two steps the camera gets time
    /// to look: a clock that runs away from it would let the trigger time out.
    /// </summary>
    private static async Task Advance(DropFolder folder, Task until)
    {
        for (int step = 0; step < 400 && !until.IsCompleted; step++)
        {
            folder.Time.Advance(TimeSpan.FromMilliseconds(100));
            for (int turn = 0; turn < 2000 && !until.IsCompleted; turn++)
                await Task.Yield();
        }
    }
}
