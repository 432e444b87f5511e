using System.Text;
using System.Text.Json;
using ClipFusion.ApplianceTests.Broker;

namespace ClipFusion.ApplianceTests.Box;

/// <summary>Brokers that don't bear a second connection of the box beside the first: it serves over one, and does not throw itself
/// out.</summary>
public sealed class OneConnectionTests : BoxTest
{
    private const string HeatmapWhen = "CLIPFUSION__STATIONS__0__HEATMAP__WHEN";

    [Theory]
    [InlineData("use_username_as_clientid true", "5", 3)]
    [InlineData("use_username_as_clientid true", "3.1.1", 3)]
    [InlineData("max_connections 1", "5", 1)]
    [InlineData("max_connections 1", "3.1.1", 1)]
    public async Task Run_BrokerAllowsOneConnection_HeatmapsGoOverItAndTheBoxStaysConnected(string rule, string version, int most)
    {
        (Mosquitto broker, int port) = await BrokerOfUsersAsync(rule);
        await ServesOverOneConnectionAsync(broker, port, version, most);
    }

    [Theory]
    [InlineData("5")]
    [InlineData("3.1.1")]
    public async Task Run_BrokerDeniesTheSecondClientId_HeatmapsGoOverTheMainConnection(string version)
    {
        Mosquitto broker = await BrokerAsync();
        await using var gate = new GateCable(
            broker.Port,
            p => p is { Kind: 1, Name: "clipfusion-box-media" } ? GateAction.RefuseClient : GateAction.Pass
        );
        await ServesOverOneConnectionAsync(broker, gate.Port, version, most: 1);
    }

    [Fact]
    public async Task Run_NoStationWantsHeatmaps_MakesNoSecondConnection()
    {
        (Mosquitto broker, int port) = await BrokerOfUsersAsync("use_username_as_clientid true");
        Ledger ledger = await LedgerAsync(broker);
        ApplianceBox box = await ReadyBoxAsync(ledger, Options(broker, port, "5") with { Environment = [(HeatmapWhen, "never")] });
        for (int i = 0; i < 5; i++)
        {
            await TriggerAsync(broker, $"t{i}");
            await ledger.ThroughAsync(e => Heard.IsVerdictOf(e, $"t{i}"), Cancellation);
        }
        await StillReadyAsync(ledger);
        Assert.DoesNotContain(broker.Log.Lines, l => l.Contains("clipfusion-box-media", StringComparison.Ordinal));
        Assert.Equal(1, Connections(box));
        Assert.Equal("none", (await HeatmapsAsync(box)).GetProperty("route").GetString());
    }

    private async Task ServesOverOneConnectionAsync(Mosquitto broker, int port, string version, int most)
    {
        const int Parts = 8;
        Ledger ledger = await LedgerAsync(broker);
        await using HeatmapEar ear = await HeatmapEar.StartAsync(broker, Cancellation, Out + "verdict");
        ApplianceBox box = await ReadyBoxAsync(ledger, Options(broker, port, version) with { Environment = [(HeatmapWhen, "always")] });
        await box.Log.SaysAsync("heatmaps go over the main connection", Cancellation);

        // Each part's heatmap comes, and after its verdict.
        var given = new HashSet<string>();
        for (int i = 0; i < Parts; i++)
        {
            await AskAsync(broker, ledger, $"t{i}");
            string id = "";
            while (true)
            {
                HeardHeatmap heard = await ear.NextAsync(Cancellation);
                if (heard.Topic == Out + "verdict")
                {
                    id = JsonDocument.Parse(heard.Picture).RootElement.GetProperty("inspectionId").GetString()!;
                    given.Add(id);
                    continue;
                }
                Assert.Contains(given, v => heard.Picture.AsSpan().IndexOf(Encoding.ASCII.GetBytes(v)) >= 0);
                if (id.Length > 0 && heard.Picture.AsSpan().IndexOf(Encoding.ASCII.GetBytes(id)) >= 0)
                    break;
            }
        }

        Assert.InRange(Connections(box), 1, most);
        Assert.DoesNotContain(box.Log.Lines, l => l.Contains("SessionTakenOver", StringComparison.Ordinal));
        Assert.Single(box.Log.Lines, l => l.Contains("heatmaps go over the main connection", StringComparison.Ordinal));
        JsonElement heatmaps = await HeatmapsAsync(box);
        Assert.Equal("main", heatmaps.GetProperty("route").GetString());
        Assert.NotEmpty(heatmaps.GetProperty("why").GetString()!);
    }

    /// <summary>As a controller does: what is not acked was lost, for example because the connection has just ended, and is asked for once
    /// more.</summary>
    private async Task AskAsync(Mosquitto broker, Ledger ledger, string id)
    {
        while (true)
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
            patience.CancelAfter(TimeSpan.FromSeconds(1));
            await TriggerAsync(broker, id);
            try
            {
                await ledger.ThroughAsync(e => Heard.IsAck(e) && e.Json.GetProperty("triggerId").GetString() == id, patience.Token);
                return;
            }
            catch (OperationCanceledException) when (!Cancellation.IsCancellationRequested)
            {
                // Once more.
            }
        }
    }

    private async Task<JsonElement> HeatmapsAsync(ApplianceBox box)
    {
        using var http = new HttpClient { BaseAddress = await box.PageAsync(Cancellation) };
        return JsonDocument
            .Parse(await http.GetStringAsync("api/v1/device", Cancellation))
            .RootElement.GetProperty("broker")
            .GetProperty("heatmaps");
    }

    /// <summary>One listener for the test, one with a rule for the box.</summary>
    private async Task<(Mosquitto Broker, int Port)> BrokerOfUsersAsync(string rule)
    {
        int port = Ports.Free();
        Mosquitto broker = Own(
            new Mosquitto(
                "per_listener_settings true",
                "allow_anonymous true",
                $"listener {port} 127.0.0.1",
                "allow_anonymous false",
                "password_file {folder}/passwords",
                rule
            )
        );
        await broker.WritePasswordAsync("press", "right", Cancellation);
        await File.WriteAllTextAsync(broker.Path("password"), "right\n", Cancellation);
        await broker.StartAsync(Cancellation);
        return (broker, port);
    }

    private static BoxOptions Options(Mosquitto broker, int port, string version) =>
        new()
        {
            Port = port,
            Version = version,
            UserName = File.Exists(broker.Path("password")) ? "press" : null,
            PasswordFile = File.Exists(broker.Path("password")) ? broker.Path("password") : null,
        };

    private static int Connections(ApplianceBox box) => box.Log.Lines.Count(l => l.Contains("MQTT: connected", StringComparison.Ordinal));
}
