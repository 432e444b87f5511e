using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace ClipFusion.TestSupport;

/// <summary>The real program as a child, in a folder of its own; may be started, killed and started again.</summary>
internal sealed class BoxProcess : IAsyncDisposable
{
    /// <summary>Exit code of a process that SIGKILL ended.</summary>
    public const int Killed = 128 + 9;

    private const int KeptLines = 60;

    private const string Listening = "Now listening on: ";

    private readonly string _folder = Directory.CreateTempSubdirectory("clipfusion-box-").FullName;
    private readonly Queue<string> _log = [];
    private Process? _process;
    private TaskCompletionSource<Uri> _page = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="brokerPort">Port of the broker on this machine.</param>
    /// <param name="pack">Folder of its model pack; not owned.</param>
    /// <param name="recipes">Its recipes.</param>
    /// <param name="stations">Its stations.</param>
    public BoxProcess(int brokerPort, string pack, IEnumerable<BoxRecipe> recipes, params BoxStation[] stations)
    {
        string folder = Directory.CreateDirectory(Path.Combine(DataFolder, "recipes")).FullName;
        foreach (BoxRecipe recipe in recipes) recipe.Write(folder);
        File.WriteAllText(Path.Combine(_folder, "clipfusion.json"), JsonSerializer.Serialize(new
        {
            device = "box",
            dataFolder = "data",
            modelPack = pack,
            threads = 1,
            stations = stations.Select(s => s.ToJson()),
            mqtt = new { host = "127.0.0.1", port = brokerPort },
            // One that the system picks: boxes run side by side.
            http = new { port = 0 },
            storage = new { reserveMb = 1 },
        }));
    }

    /// <summary>Where it keeps what it must not forget.</summary>
    public string DataFolder => Path.Combine(_folder, "data");

    /// <summary>Its process id.</summary>
    public int Id => _process!.Id;

    /// <summary>The last lines that it wrote, for a failing test's message.</summary>
    public string Log
    {
        get
        {
            lock (_log) return string.Join(Environment.NewLine, _log);
        }
    }

    /// <summary>A folder in the box's own, for a folder camera.</summary>
    public string MakeFolder(string name) => Directory.CreateDirectory(Path.Combine(_folder, name)).FullName;

    /// <summary>Waits until it says where its page is.</summary>
    public Task<Uri> PageAsync(CancellationToken cancellation) => _page.Task.WaitAsync(cancellation);

    /// <param name="killAt">Where it is to kill itself, such as <c>accepted:3</c>; null = nowhere.</param>
    public void Start(string? killAt = null)
    {
        ProcessStartInfo start = DefaultSignals.Start(Path.Combine(AppContext.BaseDirectory, "clipfusion"), "run", "--config", Path.Combine(_folder, "clipfusion.json"));
        start.Environment.Remove("CLIPFUSION_TEST_KILL_AT");
        _page = new(TaskCreationOptions.RunContinuationsAsynchronously);
        if (killAt is not null) start.Environment["CLIPFUSION_TEST_KILL_AT"] = killAt;
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, e) => Note(e.Data);
        _process.ErrorDataReceived += (_, e) => Note(e.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>kill -9.</summary>
    public Task<int> KillAsync(CancellationToken cancellation)
    {
        _process!.Kill();
        return EndedAsync(cancellation);
    }

    /// <summary>SIGTERM, as systemd stops it.</summary>
    public async Task<int> StopAsync(CancellationToken cancellation)
    {
        using (Process kill = Process.Start("kill", ["-TERM", $"{_process!.Id}"])) await kill.WaitForExitAsync(cancellation);
        return await EndedAsync(cancellation);
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> EndedAsync(CancellationToken cancellation)
    {
        await _process!.WaitForExitAsync(cancellation);
        int code = _process.ExitCode;
        _process.Dispose();
        _process = null;
        return code;
    }

    /// <summary>What the kernel says of the running process.</summary>
    public BoxUse Use() => new(
        long.Parse(File.ReadLines($"/proc/{Id}/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal)).AsSpan(6).Trim("kB \t"), NumberStyles.Integer, CultureInfo.InvariantCulture) << 10,
        Directory.GetFileSystemEntries($"/proc/{Id}/fd").Length,
        Directory.GetDirectories($"/proc/{Id}/task").Length);

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await KillAsync(CancellationToken.None);
        Directory.Delete(_folder, recursive: true);
    }

    private void Note(string? line)
    {
        if (line is null) return;
        if (line.IndexOf(Listening, StringComparison.Ordinal) is >= 0 and var at) _page.TrySetResult(new Uri(line[(at + Listening.Length)..]));
        lock (_log)
        {
            _log.Enqueue(line);
            if (_log.Count > KeptLines) _log.Dequeue();
        }
    }
}

/// <summary>What a process uses.</summary>
/// <param name="ResidentBytes">Resident memory.</param>
/// <param name="Handles">Open file descriptors.</param>
/// <param name="Threads">Threads.</param>
internal readonly record struct BoxUse(long ResidentBytes, int Handles, int Threads);
