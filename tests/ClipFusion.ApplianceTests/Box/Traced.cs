using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace ClipFusion.ApplianceTests.Box;

/// <summary>The real program under strace, in a home of its own: whom it speaks to, and which files it opens.</summary>
internal sealed partial class Traced : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private Child? _child;

    /// <summary>The home of the program.</summary>
    public string Home => _folder.Make("home");

    /// <summary>A folder for what it writes.</summary>
    public string Folder(string name) => _folder.Make(name);

    /// <summary>The starter pack.</summary>
    public static string Pack => SharedStarterPack.Folder;

    /// <summary>What it printed.</summary>
    public ProgramLog Log { get; } = new();

    /// <summary>Starts a verb.</summary>
    public void Start(params string[] arguments)
    {
        // In one file for all threads and children; only these calls stop the program.
        ProcessStartInfo start = DefaultSignals.Start(
            Programs.Find("strace"),
            ["-f", "--seccomp-bpf", "-qq", "-s", "300", "-e", "trace=network,openat", "-o", Trace, Programs.ClipFusion, .. arguments]
        );
        (start.Environment["HOME"], start.WorkingDirectory) = (Home, _folder.Root);
        foreach (string name in (string[])["ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"])
            start.Environment.Remove(name);
        _child = Child.Start(start, Log, hasChildren: true);
    }

    /// <summary>Stops it as a service manager would: strace passes the signal on to nobody, so the program itself is told.</summary>
    public async Task StopAsync(CancellationToken cancellation)
    {
        string child = (await File.ReadAllTextAsync($"/proc/{_child!.Id}/task/{_child.Id}/children", cancellation)).Split(' ')[0];
        await Programs.SignalAsync(int.Parse(child, CultureInfo.InvariantCulture), "TERM", cancellation);
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>The lines of the trace.</returns>
    public async Task<string[]> EndAsync(CancellationToken cancellation)
    {
        int code = await _child!.EndAsync(cancellation);
        string[] lines = File.Exists(Trace) ? await File.ReadAllLinesAsync(Trace, cancellation) : [];
        // Not passed over: a test that sees nothing shows nothing.
        Assert.True(
            lines.Any(l => l.Contains("openat(", StringComparison.Ordinal)),
            "strace saw nothing; it has to be allowed here to trace processes (ptrace; in a container --cap-add "
                + $"SYS_PTRACE):{Environment.NewLine}{Log}"
        );
        Assert.True(code == 0, $"exit code {code}:{Environment.NewLine}{Log}");
        return lines;
    }

    /// <summary>Addresses of other machines, and of other ports than those given, that were asked for.</summary>
    public static IEnumerable<string> Strangers(IEnumerable<string> trace, params int[] ports) =>
        from line in trace
        let address = Address().Match(line)
        where
            address.Success
            && (
                line.Contains("connect(", StringComparison.Ordinal)
                || line.Contains("sendto(", StringComparison.Ordinal)
                || line.Contains("sendmsg(", StringComparison.Ordinal)
                || line.Contains("sendmmsg(", StringComparison.Ordinal)
            )
        where !IsLoopback().IsMatch(line) || !ports.Contains(int.Parse(address.Groups[1].Value, CultureInfo.InvariantCulture))
        select line;

    /// <summary>Signs of a look-up of names.</summary>
    public static IEnumerable<string> LookUps(IEnumerable<string> trace) =>
        trace.Where(l => l.Contains("resolv.conf", StringComparison.Ordinal) || l.Contains("htons(53)", StringComparison.Ordinal));

    /// <summary>Files that lie in the home now.</summary>
    public string[] LeftAtHome() => Directory.GetFileSystemEntries(Home, "*", SearchOption.AllDirectories);

    public async ValueTask DisposeAsync()
    {
        if (_child is not null)
            await _child.DisposeAsync();
        _folder.Dispose();
    }

    private string Trace => _folder["trace"];

    [GeneratedRegex(@"sin6?_port=htons\((\d+)\)")]
    private static partial Regex Address();

    [GeneratedRegex("""inet_addr\("127\.|"::1"|"::ffff:127\.""")]
    private static partial Regex IsLoopback();
}
