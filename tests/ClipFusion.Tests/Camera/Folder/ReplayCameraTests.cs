using ClipFusion.Camera;
using ClipFusion.Camera.Folder;
using Microsoft.Extensions.Time.Testing;

namespace ClipFusion.Tests.Camera.Folder;

public sealed class ReplayCameraTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new();
    private long _number;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Trigger_MoreThanFiles_BeginsAgainAndLeavesEveryFileInPlace()
    {
        foreach (string name in (string[])["b.png", "a.jpg", "note.txt"])
            File.WriteAllText(_folder[name], name);
        await using var camera = new ReplayCamera(_folder.Root, _time);
        await camera.OpenAsync(Cancellation);
        Assert.Equal(
            ["a.jpg", "b.png", "a.jpg", "b.png", "a.jpg"],
            [await NameAsync(camera), await NameAsync(camera), await NameAsync(camera), await NameAsync(camera), await NameAsync(camera)]
        );
        Assert.Equal(3, Directory.GetFiles(_folder.Root).Length);
        Assert.Empty(Directory.GetDirectories(_folder.Root));
    }

    [Fact]
    public async Task Trigger_FileAddedDuringARound_ComesInTheNext()
    {
        File.WriteAllText(_folder["b.png"], "b");
        await using var camera = new ReplayCamera(_folder.Root, _time);
        await camera.OpenAsync(Cancellation);
        Assert.Equal("b.png", await NameAsync(camera));
        File.WriteAllText(_folder["a.png"], "a");
        Assert.Equal(["a.png", "b.png"], [await NameAsync(camera), await NameAsync(camera)]);
    }

    [Fact]
    public async Task Trigger_UnusableFiles_ArePassedOver()
    {
        File.WriteAllText(_folder["a.png"], "");
        File.WriteAllText(_folder["b.png"], "b");
        await using var camera = new ReplayCamera(_folder.Root, _time);
        await camera.OpenAsync(Cancellation);
        Assert.Equal(["b.png", "b.png"], [await NameAsync(camera), await NameAsync(camera)]);
        Assert.Equal(2, camera.Counters.Rejected);
    }

    [Fact]
    public async Task Open_EmptyFolder_IsLostUntilAFileIsThere()
    {
        await using var camera = new ReplayCamera(_folder.Root, _time);
        await camera.OpenAsync(Cancellation);
        Assert.Equal(SourceStatus.Lost, camera.State.Status);
        Assert.Contains(_folder.Root, camera.State.Reason, StringComparison.Ordinal);
        FrameException none = await Assert.ThrowsAsync<FrameException>(() => NameAsync(camera));
        Assert.Equal(FrameFault.Disconnected, none.Fault);

        File.WriteAllText(_folder["a.png"], "a");
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("a.png", await NameAsync(camera));
    }

    [Fact]
    public async Task Trigger_FolderRemoved_IsLost()
    {
        File.WriteAllText(_folder["a.png"], "a");
        await using var camera = new ReplayCamera(_folder.Root, _time);
        await camera.OpenAsync(Cancellation);
        Directory.Delete(_folder.Root, recursive: true);
        await Assert.ThrowsAsync<FrameException>(() => NameAsync(camera));
        Assert.Equal(SourceStatus.Lost, camera.State.Status);
    }

    public void Dispose()
    {
        _folder.Dispose();
    }

    private async Task<string?> NameAsync(ReplayCamera camera)
    {
        using Frame frame = await camera.TriggerAsync(new TriggerContext(++_number, TimeSpan.FromSeconds(5)), Cancellation);
        Assert.Equal(_number, frame.TriggerNumber);
        return frame.FileName;
    }
}
