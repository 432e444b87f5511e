namespace ClipFusion.ApplianceTests.Box;

/// <summary>
/// Nothing leaves the box: every verb that loads the networks speaks to the configured addresses alone, looks up no name and
/// leaves nothing in its user's home.
/// </summary>
public sealed class NothingLeavesTests : BoxTest
{
    public NothingLeavesTests()
        : base(minutes: 6) { }

    [Fact]
    public async Task Run_WithABroker_SpeaksToTheBrokerAlone()
    {
        Mosquitto broker = await BrokerAsync();
        Ledger ledger = await LedgerAsync(broker);
        ApplianceBox box = Own(new ApplianceBox(new BoxOptions { Port = broker.Port }));
        Traced traced = Own(new Traced());
        traced.Start("run", "--config", box.ConfigFile);
        await ReadyAsync(ledger);
        await TriggerAsync(broker, "traced");
        await ledger.NextAsync(e => Heard.IsVerdictOf(e, "traced"), Cancellation);
        await traced.StopAsync(Cancellation);
        string[] trace = await traced.EndAsync(Cancellation);
        // What it is allowed to do is seen: so is what it is not.
        Assert.Contains(
            trace,
            l => l.Contains("connect(", StringComparison.Ordinal) && l.Contains($"htons({broker.Port})", StringComparison.Ordinal)
        );
        AssertQuiet(traced, trace, broker.Port);
    }

    [Theory]
    [InlineData("models", "verify", "{pack}", "--provider", "cpu")]
    [InlineData("inspect", "{picture}", "--pack", "{pack}", "--recipe", "{recipe}")]
    [InlineData("evaluate", "{data}", "--pack", "{pack}", "--k", "1", "--seeds", "0", "--out", "{out}")]
    public async Task Verb_ThatLoadsTheNetworks_SpeaksToNobody(params string[] arguments)
    {
        Traced traced = Own(new Traced());
        string pack = Traced.Pack,
            data = traced.Folder("data"),
            picture = Path.Combine(traced.Folder("in"), "part.png");
        NoisePicture.Write(picture, 1);
        foreach (string folder in (string[])["good", "scratch"])
        {
            Directory.CreateDirectory(Path.Combine(data, folder));
            for (int i = 0; i < 3; i++)
                NoisePicture.Write(Path.Combine(data, folder, $"{i}.png"), i);
        }

        string recipe = Path.Combine(traced.Folder("in"), "recipe.json");
        await File.WriteAllTextAsync(recipe, """{ "object": "board" }""", Cancellation);
        var places = new Dictionary<string, string>
        {
            ["{pack}"] = pack,
            ["{picture}"] = picture,
            ["{recipe}"] = recipe,
            ["{data}"] = data,
            ["{out}"] = traced.Folder("out"),
        };
        traced.Start([.. arguments.Select(a => places.GetValueOrDefault(a, a))]);
        AssertQuiet(traced, await traced.EndAsync(Cancellation));
    }

    [Fact]
    public async Task Demo_SpeaksToItsOwnBrokerAlone()
    {
        Traced traced = Own(new Traced());
        int port = Ports.Free();
        traced.Start("demo", "--broker-port", $"{port}", "--http-port", "0", "--duration", "2", "--data", traced.Folder("demo"));
        AssertQuiet(traced, await traced.EndAsync(Cancellation), port);
    }

    private static void AssertQuiet(Traced traced, string[] trace, params int[] ports)
    {
        Assert.Contains(trace, l => l.Contains("libonnxruntime.so", StringComparison.Ordinal));
        Assert.Empty(Traced.Strangers(trace, ports));
        Assert.Empty(Traced.LookUps(trace));
        Assert.Empty(traced.LeftAtHome());
    }
}
