using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace ClipFusion.Tests.Systemd;

/// <summary>The service's unit, looked at with systemd's own tools.</summary>
public sealed partial class UnitFileTests : IDisposable
{
    /// <summary>What <c>systemd-analyze security</c> may come to, of 10. Above 2 something was opened that was closed.</summary>
    private const double MostExposure = 2.0;

    private const string Tool = "/usr/bin/systemd-analyze";
    private const string NoTool = $"{Tool} is not installed (apt-get install --no-install-recommends systemd)";

    private static readonly string Unit = Fixtures.Path("..", "..", "systemd", "clipfusion.service");
    private readonly TemporaryFolder _folder = new();

    public static bool HasTool => File.Exists(Tool);

    [Fact(Skip = NoTool, SkipUnless = nameof(HasTool))]
    public async Task Unit_SecurityAnalysis_IsBelowTheStatedLimit()
    {
        string said = (await RunAsync("security", "--offline=true", Unit)).Output;
        Match score = Score().Match(said);
        Assert.True(score.Success, said);
        double exposure = double.Parse(score.Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.True(exposure <= MostExposure, $"exposure {exposure}, at most {MostExposure} is allowed:{Environment.NewLine}{said}");
    }

    [Fact(Skip = NoTool, SkipUnless = nameof(HasTool))]
    public async Task Unit_Verified_HasNothingWrongInIt()
    {
        // The program is not installed here: another one stands in for it.
        string copy = _folder["clipfusion.service"];
        await File.WriteAllTextAsync(
            copy,
            (await File.ReadAllTextAsync(Unit, TestContext.Current.CancellationToken)).Replace(
                "/opt/clipfusion/clipfusion run",
                "/bin/true",
                StringComparison.Ordinal
            ),
            TestContext.Current.CancellationToken
        );
        (int code, string said) = await RunAsync("verify", "--man=no", copy);
        Assert.True(code == 0 && said.Length == 0, $"exit code {code}: {said}");
    }

    [Fact]
    public void Unit_TimeLimits_FitTheProgram()
    {
        Dictionary<string, string> unit = File.ReadLines(Unit)
            .Where(l => l.Contains('=', StringComparison.Ordinal) && !l.StartsWith('#'))
            .GroupBy(l => l.Split('=')[0])
            .ToDictionary(g => g.Key, g => g.Last()[(g.Key.Length + 1)..]);
        Assert.Equal("notify", unit["Type"]);
        Assert.Equal("2", unit["RestartPreventExitStatus"]);
        Assert.Equal(ClipFusion.Cli.ExitCode.BadArguments.ToString(CultureInfo.InvariantCulture), unit["RestartPreventExitStatus"]);
        Assert.True(
            TimeSpan.FromSeconds(int.Parse(unit["TimeoutStopSec"], CultureInfo.InvariantCulture))
                > ClipFusion.Cli.CommandLineApp.TerminationTimeout
        );
        // Fed at half of it: a loop that is only slow must not be taken for hung.
        Assert.True(
            TimeSpan.FromSeconds(int.Parse(unit["WatchdogSec"], CultureInfo.InvariantCulture))
                > ClipFusion.EdgeDaemon.Runtime.Heartbeats.IdleLimit
        );
        // SIGABRT, the usual one, does not end a .NET program.
        Assert.Equal("SIGKILL", unit["WatchdogSignal"]);
        Assert.Contains(unit["Restart"], (string[])["on-failure", "on-watchdog", "on-abnormal", "always"]);
        Assert.DoesNotContain("MemoryDenyWriteExecute", unit.Keys);
    }

    public void Dispose() => _folder.Dispose();

    private static async Task<(int Code, string Output)> RunAsync(params string[] arguments)
    {
        ProcessStartInfo start = DefaultSignals.Start(Tool, arguments);
        (start.Environment["LC_ALL"], start.Environment["SYSTEMD_COLORS"]) = ("C", "0");
        (int code, string output, string errors) = await Programs.RunAsync(start, default, TestContext.Current.CancellationToken);
        return (code, output + errors);
    }

    [GeneratedRegex(@"exposure level for clipfusion\.service: (\d+\.\d+)")]
    private static partial Regex Score();
}
