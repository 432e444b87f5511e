using ClipFusion.Camera;
using ClipFusion.Camera.Folder;
using Microsoft.Extensions.Time.Testing;

namespace ClipFusion.Tests.Camera.Folder;

/// <summary>A real folder with files in it, the camera over it, and a clock that starts at now because files carry real times.</summary>
internal sealed class DropFolder : IAsyncDisposable
{
    private static readonly TimeSpan Guard = TimeSpan.FromSeconds(60);
    private readonly TemporaryFolder _temporary = new();

    public DropFolder(Func<FolderOptions, FolderOptions>? change = null, bool create = true)
    {
        Path = _temporary["drop"];
        if (create)
            Directory.CreateDirectory(Path);
        Options = new FolderOptions { Path = Path };
        if (change is not null)
            Options = change(Options);
        Camera = new FolderCamera(Options, Time);
    }

    public string Path { get; }

    public FolderOptions Options { get; }

    public FolderCamera Camera { get; }

    public FakeTimeProvider Time { get; } = new(DateTimeOffset.UtcNow);

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Writes a file long ago, so that it counts as stable.</summary>
    public void WriteOld(string name, string content)
    {
        File.WriteAllText(this[name], content);
        File.SetLastWriteTimeUtc(this[name], DateTime.UtcNow.AddMinutes(-1));
    }

    public string this[params string[] parts] => System.IO.Path.Combine([Path, .. parts]);

    public Task<Frame> Trigger(long number, double seconds = 60) =>
        Camera
            .TriggerAsync(new TriggerContext(number, TimeSpan.FromSeconds(seconds)), Cancellation)
            .AsTask()
            .WaitAsync(Guard, Cancellation);

    /// <summary>Takes the next frame, settles it as done and returns what was in the file.</summary>
    public async Task<string> TakeNext(long number)
    {
        using Frame frame = await Trigger(number);
        frame.Settle(FrameOutcome.Done);
        return Text(frame);
    }

    public static string Text(Frame frame) => System.Text.Encoding.UTF8.GetString(frame.Pixels);

    /// <summary>Waits for a state without moving the clock.</summary>
    public async Task Until(SourceStatus status)
    {
        var there = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Look(SourceState state)
        {
            if (state.Status == status)
                there.TrySetResult();
        }
        Camera.StateChanged += Look;
        Look(Camera.State);
        await there.Task.WaitAsync(Guard, Cancellation);
        Camera.StateChanged -= Look;
    }

    /// <summary>Lets the folder be listed.</summary>
    public void Tick(int times = 1)
    {
        for (int i = 0; i < times; i++)
            Time.Advance(Options.ScanEvery);
    }

    public async ValueTask DisposeAsync()
    {
        await Camera.DisposeAsync();
        _temporary.Dispose();
    }
}
