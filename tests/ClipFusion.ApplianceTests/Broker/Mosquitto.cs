using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace ClipFusion.ApplianceTests.Broker;

/// <summary>A real mosquitto on loopback, in a folder of its own that is removed with it.</summary>
internal sealed class Mosquitto : IAsyncDisposable
{
    private readonly string[] _lines;
    private Process? _process;

    /// <param name="lines">Lines of configuration besides the listener; <c>{folder}</c> stands for the folder.</param>
    public Mosquitto(params string[] lines)
    {
        _lines = lines;
        Port = FreePort();
    }

    public int Port { get; }

    /// <summary>How often it was started.</summary>
    public int Starts { get; private set; }

    /// <summary>What it wrote.</summary>
    public ProgramLog Log { get; } = new();

    public string Folder { get; } = Directory.CreateTempSubdirectory("clipfusion-mosquitto-").FullName;

    public string Path(string name) => System.IO.Path.Combine(Folder, name);

    /// <summary>The first of these programs on the path or where system programs lie.</summary>
    public static string Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Concat(["/usr/sbin", "/usr/local/sbin"]).Select(f => System.IO.Path.Combine(f, program)).FirstOrDefault(File.Exists)
        ?? throw new FileNotFoundException($"{program} is not installed; ./build.sh setup installs it");

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        Starts++;
        string configuration = Path("mosquitto.conf");
        // As root mosquitto becomes another user, who may not read this folder.
        await File.WriteAllLinesAsync(
            configuration,
            [$"listener {Port} 127.0.0.1", "user root", "set_tcp_nodelay true", "log_dest stderr", "log_type all", .. _lines.Select(l => l.Replace("{folder}", Folder, StringComparison.Ordinal))],
            cancellationToken);
        _process = Process.Start(new ProcessStartInfo(Find("mosquitto"), ["-c", configuration]) { RedirectStandardError = true, RedirectStandardOutput = true })!;

        var running = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _process.ErrorDataReceived += (_, e) =>
        {
            Log.Add(e.Data);
            if (e.Data is null) running.TrySetException(new InvalidOperationException($"mosquitto ended: {Log}"));
            else if (e.Data.Contains(" running", StringComparison.Ordinal)) running.TrySetResult();
        };
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
        await running.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Stops it as systemd would; what it keeps on disk is written.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        using (var kill = Process.Start("kill", ["-TERM", _process!.Id.ToString()])) await kill.WaitForExitAsync(cancellationToken);
        await _process.WaitForExitAsync(cancellationToken);
        _process.Dispose();
        _process = null;
    }

    /// <summary>Makes it read its rules of access again; connections stay.</summary>
    public async Task ReloadAsync(CancellationToken cancellationToken)
    {
        using (var kill = Process.Start("kill", ["-HUP", _process!.Id.ToString()])) await kill.WaitForExitAsync(cancellationToken);
        await Log.SaysAsync("Reloading config", cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
            _process.Dispose();
        }
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>A TCP port that nobody listens at now.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
