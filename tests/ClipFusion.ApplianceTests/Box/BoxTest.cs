namespace ClipFusion.ApplianceTests.Box;

/// <summary>A broker, an independent ledger of what is said there, boxes, and a limit on how long anything may take.</summary>
public abstract class BoxTest : IAsyncDisposable
{
    private protected const string Prefix = "clipfusion/v1/box/",
        Status = Prefix + "out/status",
        In = Prefix + "in/line1/",
        Out = Prefix + "out/line1/";

    private readonly CancellationTokenSource _limit;
    private readonly List<IAsyncDisposable> _open = [];
    private readonly HashSet<string> _runs = new(StringComparer.Ordinal);

    /// <param name="minutes">How long a test may take on a machine with other things to do.</param>
    private protected BoxTest(double minutes)
        : this(TimeSpan.FromMinutes(minutes)) { }

    private protected BoxTest(TimeSpan limit) => _limit = new CancellationTokenSource(limit);

    private protected BoxTest()
        : this(6) { }

    private protected CancellationToken Cancellation => _limit.Token;

    public async ValueTask DisposeAsync()
    {
        for (int i = _open.Count - 1; i >= 0; i--)
            await _open[i].DisposeAsync();
        _limit.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected async Task<Mosquitto> BrokerAsync(params string[] lines) =>
        Own(await Mosquitto.StartAsync(["allow_anonymous true", .. lines], Cancellation));

    private protected async Task<Ledger> LedgerAsync(Mosquitto broker) => Own(await Ledger.StartAsync(broker, Cancellation));

    /// <summary>A box that runs and takes triggers.</summary>
    private protected async Task<ApplianceBox> ReadyBoxAsync(Ledger ledger, BoxOptions options)
    {
        ApplianceBox box = Own(await ApplianceBox.StartAsync(options, Cancellation));
        await ReadyAsync(ledger, [.. options.Stations.Select(s => s.Name)]);
        return box;
    }

    /// <summary>Waits until every station of a run that was not waited for before says that it is ready; what is heard until then is given
    /// back.</summary>
    private protected async Task<List<Entry>> ReadyAsync(Ledger ledger, params string[] stations)
    {
        var missing = new HashSet<string>(
            (stations is [] ? ["line1"] : stations).Select(s => $"{Prefix}out/{s}/state"),
            StringComparer.Ordinal
        );
        List<Entry> heard = await ledger.ThroughAsync(
            e =>
                missing.Contains(e.Topic)
                && !e.Retained
                && !_runs.Contains(RunOf(e))
                && IsReady(e)
                && missing.Remove(e.Topic)
                && missing.Count == 0,
            Cancellation
        );
        _runs.Add(RunOf(heard[^1]));
        return heard;
    }

    /// <summary>The next state of the first station, which says that it is ready: nothing that happened has put the box out.</summary>
    private protected async Task StillReadyAsync(Ledger ledger) =>
        Assert.True(IsReady(await ledger.NextAsync(e => e.Topic == Out + "state" && !e.Retained, Cancellation)));

    private protected static bool IsReady(Entry state) => state.Json.GetProperty("ready").GetBoolean();

    private static string RunOf(Entry entry) => entry.Json.GetProperty("bootId").GetString()!;

    private protected Task PublishAsync(Mosquitto broker, string topic, string payload) =>
        Ledger.PublishAsync(broker, ["-q", "1", "-t", topic, "-s"], payload, Cancellation);

    private protected Task TriggerAsync(Mosquitto broker, string id, string station = "line1") =>
        PublishAsync(broker, $"{Prefix}in/{station}/trigger", $$"""{"triggerId":"{{id}}"}""");

    /// <summary>Triggers, as a controller does: once more under the same id where nothing came in time, for a trigger that finds no
    /// connection is lost.</summary>
    /// <param name="trigger">Sends the trigger.</param>
    /// <param name="ledger">What is heard.</param>
    /// <param name="answer">What ends it.</param>
    private protected async Task<List<Entry>> TriggerUntilAsync(Func<Task> trigger, Ledger ledger, Predicate<Entry> answer)
    {
        var heard = new List<Entry>();
        while (true)
        {
            await trigger();
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
            patience.CancelAfter(TimeSpan.FromSeconds(3));
            try
            {
                await ledger.NextAsync(
                    e =>
                    {
                        heard.Add(e);
                        return answer(e);
                    },
                    patience.Token
                );
                return heard;
            }
            catch (OperationCanceledException) when (!Cancellation.IsCancellationRequested)
            {
                // Lost, with the connection.
            }
        }
    }

    private protected T Own<T>(T thing)
        where T : IAsyncDisposable
    {
        _open.Add(thing);
        return thing;
    }
}
