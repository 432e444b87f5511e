namespace ClipFusion.TestSupport;

/// <summary>A real mosquitto on loopback, in a folder of its own that is removed with it.</summary>
public sealed class Mosquitto : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string[] _lines;
    private Child? _child;

    /// <param name="lines">Lines of configuration besides the listener; <c>{folder}</c> stands for the folder.</param>
    public Mosquitto(params string[] lines)
    {
        _lines = lines;
        Port = Ports.Free();
    }

    public int Port { get; }

    /// <summary>How often it was started.</summary>
    public int Starts { get; private set; }

    /// <summary>What it wrote.</summary>
    public ProgramLog Log { get; } = new();

    public string Folder => _folder.Root;

    public string Path(string name) => System.IO.Path.Combine(Folder, name);

    /// <summary>A broker that runs.</summary>
    /// <param name="lines">As for the constructor.</param>
    /// <param name="cancellationToken">Ends the wait for it.</param>
    public static async Task<Mosquitto> StartAsync(string[] lines, CancellationToken cancellationToken)
    {
        var broker = new Mosquitto(lines);
        try
        {
            await broker.StartAsync(cancellationToken);
            return broker;
        }
        catch
        {
            await broker.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts <c>mosquitto_sub</c>.</summary>
    /// <param name="port">Port of any broker.</param>
    /// <param name="arguments">Topics and format.</param>
    /// <param name="onLine">Told each line that it prints.</param>
    public static Child Subscribe(int port, IEnumerable<string> arguments, Action<string> onLine) =>
        Child.Start(
            DefaultSignals.Start(Programs.Find("mosquitto_sub"), ["-p", $"{port}", "-h", "127.0.0.1", .. arguments]),
            onOutput: onLine
        );

    /// <summary>Starts it, again with what it kept on disk, and waits until it takes connections.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        Starts++;
        string configuration = Path("mosquitto.conf");
        // As root mosquitto becomes another user, who may not read this folder.
        await File.WriteAllLinesAsync(
            configuration,
            [
                $"listener {Port} 127.0.0.1",
                "user root",
                "set_tcp_nodelay true",
                "log_dest stderr",
                "log_type all",
                .. _lines.Select(l => l.Replace("{folder}", Folder, StringComparison.Ordinal)),
            ],
            cancellationToken
        );
        int said = Log.Lines.Count;
        _child = Child.Start(DefaultSignals.Start(Programs.Find("mosquitto"), "-c", configuration), Log);
        await _child.SaysAsync(" running", cancellationToken, said);
    }

    /// <summary>Stops it as systemd would; what it keeps on disk is written.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _child!.StopAsync(cancellationToken);
        await _child.DisposeAsync();
        _child = null;
    }

    /// <summary>Makes it read its rules of access again; connections stay.</summary>
    public async Task ReloadAsync(CancellationToken cancellationToken)
    {
        int said = Log.Lines.Count;
        await _child!.SignalAsync("HUP", cancellationToken);
        await _child.SaysAsync("Reloading config", cancellationToken, said);
    }

    /// <summary>Writes a file with one user's password, for <c>password_file {folder}/passwords</c>.</summary>
    public Task WritePasswordAsync(string user, string password, CancellationToken cancellationToken) =>
        Programs.PassAsync(Programs.Find("mosquitto_passwd"), ["-b", "-c", Path("passwords"), user, password], cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (_child is not null)
            await _child.DisposeAsync();
        _folder.Dispose();
    }
}
