using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace ClipFusion.ApplianceTests.Box;

/// <summary>Commands that the demo and the README print, run in a shell as they stand: only ports are those of this test, and the program
/// is the one that was built.</summary>
public sealed partial class PrintedCommandTests : IDisposable
{
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromMinutes(8));
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Demo_CommandsThatItPrints_HearVerdictsAndTriggerAPart()
    {
        await using var demo = new DemoProcess("--broker-port", "0", "--http-port", "0");
        string listen = Printed(await demo.UntilAsync(Listen(), _limit.Token)),
            trigger = Printed(await demo.UntilAsync(Trigger(), _limit.Token));
        await demo.UntilAsync(PartLine(), _limit.Token);
        await using Child ear = Shell.Run(listen, _folder.Root);
        await ear.Log.SaysAsync("out/line1/state", _limit.Token);
        await Shell.ToEndAsync(trigger, _folder.Root, _limit.Token);
        string ack = await ear.Log.SaysAsync("trigger/ack {", _limit.Token);
        Assert.Contains("\"accepted\":true", ack, StringComparison.Ordinal);
        await demo.SignalAsync("INT", _limit.Token);
        Assert.Equal(0, await demo.EndAsync(_limit.Token));
    }

    [Fact]
    public async Task Readme_RunIt_WorksAsItStands()
    {
        await using Mosquitto broker = await Mosquitto.StartAsync(["allow_anonymous true"], _limit.Token);
        string[] commands = [.. Block("## Run it").Select(c => Here(c, broker.Port))];
        // Everything to the program's start, then what another shell does.
        int run = Array.FindIndex(commands, c => c.Contains("clipfusion run", StringComparison.Ordinal));
        foreach (string command in commands[..run])
            await Shell.ToEndAsync(command, _folder.Root, _limit.Token);
        await using Child box = Shell.Run("exec " + commands[run], _folder.Root);
        await using Child ear = Shell.Run(commands.Single(c => c.StartsWith("mosquitto_sub", StringComparison.Ordinal)), _folder.Root);
        await ear.Log.SaysAsync("\"ready\":true", _limit.Token);
        await Shell.ToEndAsync(commands.Single(c => c.StartsWith("mosquitto_pub", StringComparison.Ordinal)), _folder.Root, _limit.Token);
        string ack = await ear.Log.SaysAsync("trigger/ack {", _limit.Token);
        Assert.Contains("\"accepted\":true", ack, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _limit.Dispose();
        _folder.Dispose();
    }

    /// <summary>The lines of the code blocks under a heading, without comments and without those that start a broker: the test has its
    /// own.</summary>
    private static IEnumerable<string> Block(string heading)
    {
        string readme = File.ReadAllText(Repository.File("README.md"));
        string part = readme[readme.IndexOf(heading, StringComparison.Ordinal)..];
        part = part[..part.IndexOf("\n## ", 1, StringComparison.Ordinal)];
        return string.Concat(part.Split("```").Where((_, i) => i % 2 == 1))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => l.Split(" #")[0].Trim())
            .Where(l => l.Length > 0 && !l.StartsWith("mosquitto -d", StringComparison.Ordinal));
    }

    private static string Here(string command, int port) =>
        command
            .Replace("artifacts/bin/clipfusion", Programs.ClipFusion, StringComparison.Ordinal)
            .Replace(
                "--prepare",
                string.Create(CultureInfo.InvariantCulture, $"--prepare --broker-port {port} --http-port 0"),
                StringComparison.Ordinal
            )
            .Replace(
                "mosquitto_sub ",
                string.Create(CultureInfo.InvariantCulture, $"mosquitto_sub -h 127.0.0.1 -p {port} "),
                StringComparison.Ordinal
            )
            .Replace(
                "mosquitto_pub ",
                string.Create(CultureInfo.InvariantCulture, $"mosquitto_pub -h 127.0.0.1 -p {port} "),
                StringComparison.Ordinal
            );

    private static string Printed(string line) => line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();

    [GeneratedRegex("^listen: ")]
    private static partial Regex Listen();

    [GeneratedRegex("^trigger: ")]
    private static partial Regex Trigger();

    [GeneratedRegex(@"^ *\d+  (OK|NG|NOT_JUDGED) ")]
    private static partial Regex PartLine();

    /// <summary>A command line in <c>sh</c>.</summary>
    private static class Shell
    {
        public static Child Run(string command, string folder)
        {
            ProcessStartInfo start = DefaultSignals.Start("sh", "-c", command);
            start.WorkingDirectory = folder;
            return Child.Start(start, hasChildren: true);
        }

        public static async Task ToEndAsync(string command, string folder, CancellationToken cancellation)
        {
            await using Child shell = Run(command, folder);
            int code = await shell.EndAsync(cancellation);
            Assert.True(code == 0, $"{command}: exit code {code}: {shell.Log}");
        }
    }
}
