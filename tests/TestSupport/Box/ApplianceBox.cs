using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Xunit;

namespace ClipFusion.TestSupport;

/// <summary>What a process uses.</summary>
/// <param name="ResidentBytes">Resident memory.</param>
/// <param name="Handles">Open file descriptors.</param>
/// <param name="Threads">Threads.</param>
public readonly record struct BoxUse(long ResidentBytes, int Handles, int Threads);

/// <summary>
/// The real program as a child, in a folder of its own; may be started, killed and started again. Where the test fails, its output ends
/// with what the program said.
/// </summary>
public sealed class ApplianceBox : IAsyncDisposable
{
    /// <summary>Exit code of a process that SIGKILL ended.</summary>
    public const int Killed = 128 + 9;

    private const string Listening = "Now listening on: ",
        KillVariable = "CLIPFUSION_TEST_KILL_AT";

    private readonly BoxOptions _options;
    private readonly BoxFolder _folder;
    private Child? _child;
    private int _saidBefore;

    /// <summary>A box that is not started yet.</summary>
    public ApplianceBox(BoxOptions options) => (_options, _folder) = (options, new BoxFolder(options));

    /// <summary>What the program wrote, in all its runs.</summary>
    public ProgramLog Log { get; } = new();

    /// <summary>Where it keeps what it must not forget.</summary>
    public string DataFolder => _folder.DataFolder;

    /// <summary>The model pack.</summary>
    public string PackFolder => _folder.PackFolder;

    /// <summary>The configuration.</summary>
    public string ConfigFile => _folder.ConfigFile;

    /// <summary>The folder <c>in</c>, for a folder camera; made when it is asked for.</summary>
    public string Inbox => _folder.Inbox;

    /// <summary>Process id of the running program.</summary>
    public int Id => _child!.Id;

    /// <summary>Memory of the running program in bytes.</summary>
    public long WorkingSet => _child!.WorkingSet;

    /// <summary>A box that was started and serves its page; it may not be ready for triggers yet.</summary>
    public static async Task<ApplianceBox> StartAsync(BoxOptions options, CancellationToken cancellation)
    {
        var box = new ApplianceBox(options);
        try
        {
            box.Start();
            await box.PageAsync(cancellation);
            return box;
        }
        catch (OperationCanceledException)
        {
            await box.DisposeAsync();
            throw new TimeoutException($"the page was not served in time; the program said:{Environment.NewLine}{box.Log}");
        }
        catch
        {
            await box.DisposeAsync();
            throw;
        }
    }

    /// <summary>A recipe's file.</summary>
    public string RecipeFile(string name) => _folder.RecipeFile(name);

    /// <summary>
    /// Makes loading the first recipe last for minutes: its maps are the largest that a recipe may have, and smoothed as much.
    /// </summary>
    public async Task BlockWarmUpAsync(CancellationToken cancellation)
    {
        string file = RecipeFile("board");
        JsonNode recipe = JsonNode.Parse(await File.ReadAllTextAsync(file, cancellation))!;
        (recipe["outputSize"], recipe["smoothingSigma"]) = (4096, 64);
        await File.WriteAllTextAsync(file, recipe.ToJsonString(), cancellation);
    }

    /// <summary>Changes the configuration's file.</summary>
    public async Task ConfigureAsync(Action<JsonNode> change, CancellationToken cancellation)
    {
        JsonNode root = JsonNode.Parse(await File.ReadAllTextAsync(ConfigFile, cancellation))!;
        change(root);
        await File.WriteAllTextAsync(ConfigFile, root.ToJsonString(), cancellation);
    }

    /// <summary>Uses its data folder as another process would.</summary>
    public IDisposable OccupyData() =>
        new FileStream(Path.Combine(DataFolder, "inspections.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);

    /// <summary>Starts it, or starts it again.</summary>
    /// <param name="manager">Who is told as systemd would be, with a watchdog of 400 ms; null for nobody.</param>
    /// <param name="killAt">Where it is to kill itself, such as <c>accepted:3</c>; null = nowhere.</param>
    public void Start(NotifySocket? manager = null, string? killAt = null)
    {
        string[] command = [Programs.ClipFusion, "run", "--config", ConfigFile];
        // The shell knows the number of the process that it becomes.
        ProcessStartInfo start = manager is null
            ? DefaultSignals.Start(command[0], command[1..])
            : DefaultSignals.Start("/bin/sh", ["-c", "WATCHDOG_PID=$$ exec \"$0\" \"$@\"", .. command]);
        if (manager is not null)
            (start.Environment["NOTIFY_SOCKET"], start.Environment["WATCHDOG_USEC"]) = (manager.Path, "400000");
        start.Environment.Remove(KillVariable);
        if (killAt is not null)
            start.Environment[KillVariable] = killAt;
        foreach ((string name, string value) in _options.Environment)
            start.Environment[name] = value;
        _saidBefore = Log.Lines.Count;
        _child = Child.Start(start, Log);
    }

    /// <summary>The address of page and API of this run.</summary>
    public async Task<Uri> PageAsync(CancellationToken cancellation)
    {
        string line = await _child!.SaysAsync(Listening, cancellation, _saidBefore);
        return new Uri(line[(line.IndexOf(Listening, StringComparison.Ordinal) + Listening.Length)..]);
    }

    /// <summary>kill -9.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> KillAsync(CancellationToken cancellation)
    {
        await _child!.KillAsync(cancellation);
        return await EndAsync(cancellation);
    }

    /// <summary>SIGTERM, as systemd stops it.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> StopAsync(CancellationToken cancellation)
    {
        await _child!.StopAsync(cancellation);
        return await EndAsync(cancellation);
    }

    /// <summary>Sends a signal.</summary>
    public Task SignalAsync(string name, CancellationToken cancellation) => _child!.SignalAsync(name, cancellation);

    /// <summary>Ends when the program has ended; <see cref="EndAsync"/> then gives its exit code.</summary>
    public Task ExitedAsync(CancellationToken cancellation) => _child!.ExitedAsync(cancellation);

    /// <summary>Waits for the program's end.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> EndAsync(CancellationToken cancellation)
    {
        int code = await _child!.EndAsync(cancellation);
        await _child.DisposeAsync();
        _child = null;
        return code;
    }

    /// <summary>What the kernel says of the running process.</summary>
    public BoxUse Use()
    {
        string resident = File.ReadLines($"/proc/{Id}/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return new(
            long.Parse(resident.AsSpan(6).Trim("kB \t"), NumberStyles.Integer, CultureInfo.InvariantCulture) << 10,
            Directory.GetFileSystemEntries($"/proc/{Id}/fd").Length,
            Directory.GetDirectories($"/proc/{Id}/task").Length
        );
    }

    public async ValueTask DisposeAsync()
    {
        // A program that fell over is the first thing to know about a test that failed.
        if (TestContext.Current.TestState?.Result == TestResult.Failed)
            TestContext.Current.TestOutputHelper?.WriteLine($"the program said:{Environment.NewLine}{Log}");
        if (_child is not null)
            await _child.DisposeAsync();
        _folder.Dispose();
    }
}
