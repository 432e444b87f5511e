namespace ClipFusion.ApplianceTests.Box;

/// <summary>Debian's nginx in a folder of its own, before a box.</summary>
internal sealed class Nginx : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private Child? _child;

    /// <summary>A port that is free now; the box has to be told before the proxy takes it.</summary>
    public int Port { get; } = Ports.Free();

    /// <summary>Where a browser finds it.</summary>
    public Uri Address => new($"http://localhost:{Port}/");

    /// <summary>Starts it and waits until it listens.</summary>
    /// <param name="server">The server block.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task StartAsync(string server, CancellationToken cancellation)
    {
        string[] kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        string configuration = _folder["nginx.conf"];
        await File.WriteAllTextAsync(
            configuration,
            $$"""
            daemon off; master_process off; pid {{_folder.Root}}/pid; error_log stderr notice;
            events { }
            http {
            access_log off;
            {{string.Join('\n', kinds.Select(k => $"{k}_temp_path {_folder[k]};"))}}
            {{server}}
            }
            """,
            cancellation
        );
        _child = Child.Start(Programs.Find("nginx"), "-p", _folder.Root, "-c", configuration);
        // It listens before it says so.
        await _child.SaysAsync("using the \"epoll\" event method", cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        if (_child is not null)
            await _child.DisposeAsync();
        _folder.Dispose();
    }
}
