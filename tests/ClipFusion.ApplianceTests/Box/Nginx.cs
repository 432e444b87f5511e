using System.Diagnostics;
using ClipFusion.ApplianceTests.Broker;
using ClipFusion.TestSupport;

namespace ClipFusion.ApplianceTests.Box;

/// <summary>Debian's nginx in a folder of its own, before a box.</summary>
internal sealed class Nginx : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("clipfusion-nginx-").FullName;
    private readonly ProgramLog _log = new();
    private Process? _process;

    /// <summary>A port that is free now; the box has to be told before the proxy takes it.</summary>
    public int Port { get; } = Mosquitto.FreePort();

    /// <summary>Where a browser finds it.</summary>
    public Uri Address => new($"http://localhost:{Port}/");

    /// <summary>Starts it and waits until it listens.</summary>
    /// <param name="server">The server block.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task StartAsync(string server, CancellationToken cancellation)
    {
        string[] kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        string configuration = Path.Combine(_folder, "nginx.conf");
        await File.WriteAllTextAsync(
            configuration,
            $$"""
            daemon off; master_process off; pid {{_folder}}/pid; error_log stderr notice;
            events { }
            http {
            access_log off;
            {{string.Join('\n', kinds.Select(k => $"{k}_temp_path {_folder}/{k};"))}}
            {{server}}
            }
            """,
            cancellation);
        _process = Process.Start(DefaultSignals.Start(Mosquitto.Find("nginx"), "-p", _folder, "-c", configuration))!;
        _process.OutputDataReceived += (_, e) => _log.Add(e.Data);
        _process.ErrorDataReceived += (_, e) => _log.Add(e.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        // It listens before it says so.
        await _log.SaysAsync("using the \"epoll\" event method", cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
            _process.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }
}
