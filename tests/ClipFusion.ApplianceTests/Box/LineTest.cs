namespace ClipFusion.ApplianceTests.Box;

/// <summary>A box with the whole method on one or more lines, at a broker that drops nothing.</summary>
public abstract class LineTest : BoxTest
{
    protected LineTest(TimeSpan? limit = null)
        : base(limit ?? TimeSpan.FromMinutes(5)) { }

    /// <summary>Two recipes for the whole method, with a threshold for PatchCLIP's result alone.</summary>
    private protected static BoxRecipe[] Recipes { get; } = [Whole(7, "board"), Whole(8, "plate")];

    private static BoxRecipe Whole(int number, string name) =>
        new(number, name)
        {
            Thresholds = new() { ["clipfusion"] = 1, ["patchclip"] = 1 },
        };

    /// <param name="broker">Its broker.</param>
    /// <param name="pack">Its pack.</param>
    /// <param name="station">Its station; null for one with a simulated line.</param>
    private protected static BoxOptions Options(Mosquitto broker, string pack, BoxStation? station = null) =>
        new()
        {
            Port = broker.Port,
            Pack = pack,
            Recipes = Recipes,
            Stations = [station ?? new("line1")],
        };

    /// <summary>A broker that drops nothing, and what listens to it.</summary>
    private protected async Task<(Mosquitto Broker, Ledger Ledger)> LosslessBrokerAsync()
    {
        Mosquitto broker = await BrokerAsync("max_queued_messages 0", "max_inflight_messages 0");
        return (broker, await LedgerAsync(broker));
    }

    /// <summary>Runs a story; where it takes too long, the failure says what the program said last.</summary>
    private protected static async Task InTimeAsync(ApplianceBox box, Func<Task> story)
    {
        try
        {
            await story();
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"not done in time; the program said:{Environment.NewLine}{box.Log}");
        }
    }
}
