using System.Text.Json.Nodes;

namespace ClipFusion.ApplianceTests.Box;

/// <summary>A verdict as the ledger heard it, live or replayed.</summary>
internal sealed record HeardVerdict(
    string Station,
    bool IsReplayed,
    long Sequence,
    string Id,
    bool IsDuplicate,
    DateTimeOffset CompletedAt,
    string Content,
    Entry Entry
);

/// <summary>What the ledger heard, in the words of the contract, and what must hold of it whatever happened.</summary>
internal static class Heard
{
    public static bool IsVerdict(Entry e) =>
        e.Topic.EndsWith("/verdict", StringComparison.Ordinal) || e.Topic.EndsWith("/verdict/replay", StringComparison.Ordinal);

    public static bool IsAck(Entry e) => e.Topic.EndsWith("/trigger/ack", StringComparison.Ordinal);

    public static bool IsAnswer(Entry e) =>
        IsVerdict(e)
        || IsAck(e)
        || e.Topic.EndsWith("/trigger/frame", StringComparison.Ordinal)
        || e.Topic.EndsWith("/verdict/simple", StringComparison.Ordinal);

    public static bool IsVerdictOf(Entry e, string triggerId) => IsVerdict(e) && e.Json.GetProperty("triggerId").GetString() == triggerId;

    public static bool IsStatus(Entry e, string status) =>
        e.Topic.EndsWith("/out/status", StringComparison.Ordinal) && e.Json.GetProperty("status").GetString() == status;

    /// <summary>Inspections that were promised: trigger id, inspection id and sequence of every accepting ack, each once.</summary>
    public static List<(string Station, string? Trigger, string Id, long Sequence)> Accepted(IEnumerable<Entry> heard) =>
        [
            .. heard
                .Where(e => IsAck(e) && e.Json.GetProperty("accepted").GetBoolean())
                .Select(e =>
                    (
                        StationOf(e),
                        e.Json.GetProperty("triggerId").GetString(),
                        e.Json.GetProperty("inspectionId").GetString()!,
                        e.Json.GetProperty("seq").GetInt64()
                    )
                )
                .Distinct(),
        ];

    public static List<HeardVerdict> Verdicts(IEnumerable<Entry> heard) => [.. heard.Where(IsVerdict).Select(Verdict)];

    /// <summary>
    /// Every promised inspection has its verdict; per station there is no gap in the union, each topic is in order, and a verdict heard
    /// twice is the same but for the flags that may differ, and says that it is a duplicate unless the broker itself, restarted, repeats
    /// it.
    /// </summary>
    public static void IsWhole(IReadOnlyList<Entry> heard)
    {
        List<HeardVerdict> verdicts = Verdicts(heard);
        HashSet<(string, string, long)> given = [.. verdicts.Select(v => (v.Station, v.Id, v.Sequence))];
        Assert.All(Accepted(heard), a => Assert.Contains((a.Station, a.Id, a.Sequence), given));
        foreach (IGrouping<string, HeardVerdict> station in verdicts.GroupBy(v => v.Station))
        {
            long[] sequences = [.. station.Select(v => v.Sequence).Distinct().Order()];
            Assert.Equal(Enumerable.Range(1, sequences.Length).Select(i => (long)i), sequences);
            Assert.Equal(sequences.Length, station.Select(v => v.Id).Distinct().Count());
            foreach (IGrouping<bool, HeardVerdict> topic in station.GroupBy(v => v.IsReplayed))
                Assert.Equal(topic.Select(v => v.Sequence).Distinct().Order(), topic.Select(v => v.Sequence).Distinct());
            foreach (IGrouping<long, HeardVerdict> same in station.GroupBy(v => v.Sequence))
            {
                Assert.Single(same.Select(v => v.Content).Distinct());
                Assert.All(
                    same.Skip(1),
                    v =>
                        Assert.True(
                            v.IsDuplicate || same.TakeWhile(w => !ReferenceEquals(w, v)).Any(w => v.Entry.MayBeBrokersRepeatOf(w.Entry)),
                            v.Entry.Payload
                        )
                );
            }
        }
    }

    private static HeardVerdict Verdict(Entry e)
    {
        JsonObject json = JsonNode.Parse(e.Payload)!.AsObject();
        var flags = json["flags"]!.AsObject();
        bool isDuplicate = flags["duplicate"]!.GetValue<bool>();
        foreach (string mayDiffer in (string[])["late", "replayed", "duplicate"])
            flags.Remove(mayDiffer);
        return new HeardVerdict(
            StationOf(e),
            e.Topic.EndsWith("/replay", StringComparison.Ordinal),
            json["seq"]!.GetValue<long>(),
            json["inspectionId"]!.GetValue<string>(),
            isDuplicate,
            json["completedAt"]!.GetValue<DateTimeOffset>(),
            json.ToJsonString(),
            e
        );
    }

    private static string StationOf(Entry e) => e.Topic.Split('/')[4];
}
