using ClipFusion.ApplianceTests.Broker;
using ClipFusion.TestSupport;

namespace ClipFusion.ApplianceTests.Box;

/// <summary>A box with one or more lines, a real broker, a ledger, and a limit on how long anything may take.</summary>
public abstract class LineTest : IAsyncDisposable
{
    private readonly CancellationTokenSource _limit = new();
    private readonly List<IAsyncDisposable> _open = [];

    protected LineTest(TimeSpan? limit = null) => _limit.CancelAfter(limit ?? TimeSpan.FromMinutes(5));

    private protected CancellationToken Cancellation => _limit.Token;

    /// <summary>Two recipes for the whole method, with a threshold for PatchCLIP's result alone.</summary>
    private protected static BoxRecipe[] Recipes { get; } = [Whole(7, "board"), Whole(8, "plate")];

    private static BoxRecipe Whole(int number, string name) => new(number, name) { Thresholds = new() { ["clipfusion"] = 1, ["patchclip"] = 1 } };

    private protected static BoxProcess Box(Mosquitto broker, string pack) => new(broker.Port, pack, Recipes, new BoxStation("line1", "board"));

    /// <summary>A broker that drops nothing, and what listens to it.</summary>
    private protected async Task<(Mosquitto Broker, Ledger Ledger)> BrokerAsync()
    {
        Mosquitto broker = Own(new Mosquitto("allow_anonymous true", "max_queued_messages 0", "max_inflight_messages 0"));
        await broker.StartAsync(Cancellation);
        return (broker, Own(await Ledger.StartAsync(broker, Cancellation)));
    }

    /// <summary>Runs a story; where it takes too long, the failure says what the program said last.</summary>
    private protected static async Task InTimeAsync(BoxProcess box, Func<Task> story)
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

    private protected T Own<T>(T thing)
        where T : IAsyncDisposable
    {
        _open.Add(thing);
        return thing;
    }

    public async ValueTask DisposeAsync()
    {
        for (int i = _open.Count - 1; i >= 0; i--) await _open[i].DisposeAsync();
        _limit.Dispose();
        GC.SuppressFinalize(this);
    }
}
