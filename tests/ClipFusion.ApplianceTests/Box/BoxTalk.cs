using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace ClipFusion.ApplianceTests.Box;

/// <summary>One station of a box in conversation with its line: what was said, what was heard, and what must hold of it
/// afterwards.</summary>
internal sealed class BoxTalk : IAsyncDisposable
{
    private const string In = "clipfusion/v1/box/in/line1/",
        Out = "clipfusion/v1/box/out/line1/";

    private readonly CancellationTokenSource _limit = new(TimeSpan.FromMinutes(2));
    private readonly List<Entry> _heard = [];
    private readonly Mosquitto _broker;
    private readonly Ledger _ledger;
    private readonly HashSet<string> _lives = [];

    private BoxTalk(Mosquitto broker, Ledger ledger, ApplianceBox box) => (_broker, _ledger, Box) = (broker, ledger, box);

    public ApplianceBox Box { get; }

    public CancellationToken Limit => _limit.Token;

    private string Database => Path.Combine(Box.DataFolder, "inspections.db");

    public static async Task<BoxTalk> CreateAsync(
        bool folderCamera = false,
        string? dataFolder = null,
        params (string Name, string Value)[] environment
    )
    {
        Mosquitto broker = await Mosquitto.StartAsync(["allow_anonymous true"], CancellationToken.None);
        var box = new ApplianceBox(
            new BoxOptions
            {
                Port = broker.Port,
                Stations = [new("line1") { Inbox = folderCamera ? "in" : null }],
                DataFolder = dataFolder,
                Environment = environment,
            }
        );
        // A camera's folder is there before the program is.
        if (folderCamera)
            _ = box.Inbox;
        return new BoxTalk(broker, await Ledger.StartAsync(broker, CancellationToken.None), box);
    }

    /// <summary>Starts the program and waits until it takes triggers.</summary>
    /// <returns>The state that said so.</returns>
    public async Task<JsonElement> StartAsync()
    {
        Box.Start();
        return await ReadyAsync(isNewLife: true);
    }

    /// <summary>Waits until the program says that it takes triggers.</summary>
    /// <returns>The state that said so.</returns>
    public async Task<JsonElement> ReadyAsync(bool isNewLife = false)
    {
        JsonElement ready = await StateAsync(s => s.GetProperty("ready").GetBoolean() && (!isNewLife || IsNewLife(s)));
        _lives.Add(ready.GetProperty("bootId").GetString()!);
        return ready;
    }

    /// <summary>Whether a state comes from a run of the program that was not waited for before.</summary>
    public bool IsNewLife(JsonElement state) => !_lives.Contains(state.GetProperty("bootId").GetString()!);

    /// <summary>Waits for a state of a kind.</summary>
    public async Task<JsonElement> StateAsync(Predicate<JsonElement> wanted) =>
        (await NextAsync(e => e.Topic == Out + "state" && !e.Retained && wanted(e.Json))).Json;

    /// <summary>Sends a trigger.</summary>
    /// <returns>Its ack.</returns>
    public async Task<JsonElement> TriggerAsync(string id)
    {
        await Ledger.PublishAsync(_broker, ["-q", "1", "-t", In + "trigger", "-s"], $$"""{"triggerId":"{{id}}"}""", Limit);
        return (await NextAsync(e => e.Topic == Out + "trigger/ack" && e.Json.GetProperty("triggerId").GetString() == id)).Json;
    }

    /// <summary>Waits for the verdict of a trigger, live or replayed, unless it was heard already.</summary>
    public async Task<JsonElement> VerdictAsync(string id)
    {
        bool IsIt(Entry e) => IsVerdict(e) && e.Json.GetProperty("triggerId").GetString() == id;
        return (_heard.Find(IsIt) ?? await NextAsync(IsIt)).Json;
    }

    /// <summary>Sends a trigger and waits for its verdict.</summary>
    /// <returns>Sequence number, verdict and reason.</returns>
    public async Task<(long Sequence, string? Verdict, string? Reason)> JudgedAsync(string id)
    {
        await TriggerAsync(id);
        JsonElement verdict = await VerdictAsync(id);
        return (
            verdict.GetProperty("seq").GetInt64(),
            verdict.GetProperty("verdict").GetString(),
            verdict.GetProperty("reason").GetString()
        );
    }

    /// <summary>Verdicts in the order of their first hearing: trigger, id, sequence and topic.</summary>
    public IReadOnlyList<(string Trigger, string Id, long Sequence, string? Verdict, string? Reason, bool IsLive)> Verdicts =>
        [
            .. _heard
                .Where(IsVerdict)
                .Select(e => (e, e.Json))
                .Select(v =>
                    (
                        v.Json.GetProperty("triggerId").GetString()!,
                        v.Json.GetProperty("inspectionId").GetString()!,
                        v.Json.GetProperty("seq").GetInt64(),
                        v.Json.GetProperty("verdict").GetString(),
                        v.Json.GetProperty("reason").GetString(),
                        v.e.Topic == Out + "verdict"
                    )
                )
                .DistinctBy(v => v.Item2),
        ];

    /// <summary>
    /// Waits for the verdict of every acked trigger, then kills the program and compares what was heard with what is stored: one verdict
    /// for each, the same one however often it was heard, and none that the database does not know.
    /// </summary>
    public async Task CheckAsync()
    {
        List<JsonElement> acked =
        [
            .. _heard.Where(e => e.Topic == Out + "trigger/ack").Select(e => e.Json).Where(a => a.GetProperty("accepted").GetBoolean()),
        ];
        foreach (JsonElement ack in acked)
            await VerdictAsync(ack.GetProperty("triggerId").GetString()!);
        await StateAsync(s => s.GetProperty("outbox").GetProperty("pending").GetInt64() == 0);
        await Box.KillAsync(Limit);
        Assert.NotEmpty(acked);
        foreach (
            IGrouping<string?, JsonElement> same in _heard
                .Where(IsVerdict)
                .Select(e => e.Json)
                .GroupBy(v => v.GetProperty("inspectionId").GetString())
        )
            Assert.Single(
                same.Select(v =>
                        (v.GetProperty("seq").GetInt64(), v.GetProperty("verdict").GetString(), v.GetProperty("reason").GetString())
                    )
                    .Distinct()
            );
        Assert.Equal(
            acked.Select(a => a.GetProperty("inspectionId").GetString()).Distinct().Order(StringComparer.Ordinal),
            Verdicts.Select(v => v.Id).Order(StringComparer.Ordinal)
        );
        Dictionary<string, long> stored = Stored();
        Assert.All(Verdicts, v => Assert.Equal(v.Verdict, stored.TryGetValue(v.Id, out long verdict) ? Word(verdict) : "not stored"));
    }

    /// <summary>A second connection to the database.</summary>
    public SqliteConnection Connect()
    {
        var connection = new SqliteConnection($"Data Source={Database};Pooling=False");
        connection.Open();
        return connection;
    }

    public async ValueTask DisposeAsync()
    {
        await Box.DisposeAsync();
        await _ledger.DisposeAsync();
        await _broker.DisposeAsync();
        _limit.Dispose();
    }

    private static bool IsVerdict(Entry e) => e.Topic is Out + "verdict" or Out + "verdict/replay";

    private static string Word(long verdict) =>
        verdict switch
        {
            0 => "OK",
            1 => "NG",
            2 => "REVIEW",
            _ => "NOT_JUDGED",
        };

    private Dictionary<string, long> Stored()
    {
        using SqliteConnection connection = Connect();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT id, verdict FROM inspections WHERE verdict IS NOT NULL";
        using SqliteDataReader row = command.ExecuteReader();
        var stored = new Dictionary<string, long>(StringComparer.Ordinal);
        while (row.Read())
            stored[row.GetString(0)] = row.GetInt64(1);
        return stored;
    }

    private async Task<Entry> NextAsync(Predicate<Entry> wanted)
    {
        try
        {
            return await _ledger.NextAsync(
                e =>
                {
                    _heard.Add(e);
                    return wanted(e);
                },
                Limit
            );
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"not heard in time; the program said:{Environment.NewLine}{Box.Log}");
        }
    }
}
