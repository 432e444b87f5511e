using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using ClipFusion.Camera.Simulation;

namespace ClipFusion.ApplianceTests.Box;

/// <summary>The demo as somebody runs it who has only the program: what it prints, beside what an independent subscriber hears on its
/// broker.</summary>
public sealed partial class DemoTests : IDisposable
{
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromMinutes(8));

    [Fact]
    public async Task Demo_WithADuration_EndsByItselfAndItsMatrixIsARecountOfWhatWasHeard()
    {
        await using var demo = new DemoProcess("--duration", "8", "--broker-port", "0", "--http-port", "0");
        (Uri page, int broker) = await demo.PlacesAsync(_limit.Token);
        await using DemoEar ear = DemoEar.Listen(broker);
        await demo.UntilAsync(PartLine(), _limit.Token);
        JsonElement score = await ScoreAsync(page);
        Assert.Equal(0, await demo.EndAsync(_limit.Token));

        JsonElement[] verdicts = await ear.VerdictsUntilOfflineAsync(_limit.Token);
        Assert.NotEmpty(verdicts);
        long[] numbers = [.. verdicts.Select(v => v.GetProperty("seq").GetInt64()).Distinct().Order()];
        Assert.Equal(Enumerable.Range(1, numbers.Length).Select(i => (long)i), numbers);
        Assert.Equal(Recount(verdicts), Printed(demo.Output));

        Assert.Equal(verdicts[0].GetProperty("threshold").GetDouble(), score.GetProperty("threshold").GetDouble(), 4);
        Assert.Contains("n = 30", score.GetProperty("rule").GetString(), StringComparison.Ordinal);
        Assert.True(score.GetProperty("matrix").TryGetProperty("ngAsNg", out _));
    }

    [Fact]
    public async Task Demo_Interrupted_EndsCleanlyWithTheSummaryAndKeepsTheFolderItWasGiven()
    {
        using var folder = new TemporaryFolder();
        await using (var demo = new DemoProcess("--broker-port", "0", "--http-port", "0", "--data", folder.Root))
        {
            await demo.UntilAsync(PartLine(), _limit.Token);
            await demo.SignalAsync("INT", _limit.Token);
            Assert.Equal(0, await demo.EndAsync(_limit.Token));
            Assert.True(Printed(demo.Output).Sum() > 0, demo.Output);
            Assert.DoesNotContain("error", demo.Output, StringComparison.OrdinalIgnoreCase);
        }

        Assert.True(File.Exists(folder["recipes", "demo.json"]));
    }

    [Fact]
    public async Task Demo_PageInARealBrowser_ShowsABadPartWithItsPicture()
    {
        await using var demo = new DemoProcess("--broker-port", "0", "--http-port", "0");
        (Uri page, _) = await demo.PlacesAsync(_limit.Token);
        await using Chromium browser = await Chromium.OpenAsync(page, _limit.Token);
        await browser.ShowsAsync(_limit.Token, "above the threshold", ": NG, with anomaly map");
        // docs/page.png is this picture of some run.
        await File.WriteAllBytesAsync(
            Path.Combine(Repository.Root, "artifacts", "page.png"),
            await browser.CaptureAsync(_limit.Token),
            _limit.Token
        );
        Assert.Empty(await browser.ErrorsAsync(_limit.Token));
    }

    [Theory]
    [InlineData("--broker-port", "--http-port")]
    [InlineData("--http-port", "--broker-port")]
    public async Task Demo_PortTaken_SaysWhichAndWhatToDo(string taken, string other)
    {
        using var somebody = new TcpListener(IPAddress.Loopback, 0);
        somebody.Start();
        string port = ((IPEndPoint)somebody.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
        await using var demo = new DemoProcess(taken, port, other, "0");
        Assert.Equal(1, await demo.EndAsync(_limit.Token));
        string error = Assert.Single(demo.Output.Split('\n'), l => l.StartsWith("clipfusion: error: ", StringComparison.Ordinal));
        Assert.Contains(port, error, StringComparison.Ordinal);
        Assert.Contains(taken, error, StringComparison.Ordinal);
    }

    public void Dispose() => _limit.Dispose();

    /// <summary>OK as OK, OK as NG, NG as OK, NG as NG, not judged: by the simulator's truth, looked up here.</summary>
    private static int[] Recount(JsonElement[] verdicts)
    {
        LineTruth truth = new SimulatedLine(
            new LineOptions
            {
                Material = Material.PrintedLabel,
                Seed = 1,
                Width = 640,
                Height = 480,
                DefectRate = 0.3,
            }
        ).Truth;
        int[] counts = new int[5];
        foreach (JsonElement verdict in verdicts.DistinctBy(v => v.GetProperty("inspectionId").GetString()))
        {
            bool isBad = truth.Of((ulong)verdict.GetProperty("seq").GetInt64()).IsDefective;
            counts[
                (verdict.GetProperty("verdict").GetString(), isBad) switch
                {
                    ("OK", false) => 0,
                    ("NG", false) => 1,
                    ("OK", true) => 2,
                    ("NG", true) => 3,
                    _ => 4,
                }
            ]++;
        }

        return counts;
    }

    private static int[] Printed(string output)
    {
        int[] Row(string name) =>
            [
                .. Regex
                    .Match(output, $@"^ *{name} +(\d+)(?: +(\d+))?\r?$", RegexOptions.Multiline)
                    .Groups.Values.Skip(1)
                    .Where(g => g.Success)
                    .Select(g => int.Parse(g.Value, CultureInfo.InvariantCulture)),
            ];
        int[] all = [.. Row("good parts"), .. Row("bad parts"), .. Row("not judged")];
        return all.Length == 5 ? all : throw new InvalidOperationException($"no matrix in:{Environment.NewLine}{output}");
    }

    private async Task<JsonElement> ScoreAsync(Uri page)
    {
        using var http = new HttpClient { BaseAddress = page };
        return JsonDocument.Parse(await http.GetStringAsync(new Uri("api/v1/demo/score", UriKind.Relative), _limit.Token)).RootElement;
    }

    [GeneratedRegex(@"^ *\d+  (OK|NG|NOT_JUDGED) ")]
    private static partial Regex PartLine();
}
