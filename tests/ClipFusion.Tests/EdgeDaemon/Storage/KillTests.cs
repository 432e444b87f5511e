using System.Diagnostics;
using System.Globalization;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Storage;

namespace ClipFusion.Tests.EdgeDaemon.Storage;

[Trait("speed", "slow")]
public sealed class KillTests : IDisposable
{
    private const int Kills = 24;
    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>kill -9 at seeded numbers of printed promises, and a seeded while after them: all promises are kept.</summary>
    [Fact]
    public async Task KilledWhileWriting_ManyTimes_KeepsEveryPromise()
    {
        var random = new Random(40961);
        var accepted = new Dictionary<string, (string Station, long Sequence)>();
        var judged = new HashSet<string>();
        for (int kill = 0; kill < Kills; kill++)
        {
            // The first few hit the making of the database, then recovery, then the flow.
            await RunUntilKilledAsync(kill < 4 ? kill / 2 : random.Next(1, 120), random.Next(2000), accepted, judged);
        }

        await using InspectionStore store = _folder.Open();
        Recovery recovery = await store.RecoverAsync();
        Assert.Null(store.State.SetAside);
        Assert.Empty(store.SequenceResets);
        var rows = _folder.Query(
            "SELECT i.id, i.station, i.sequence, i.verdict, o.number IS NOT NULL FROM inspections i LEFT JOIN outbox o USING (number) "
                + "ORDER BY i.station, i.sequence",
            r =>
                (
                    Id: r.GetString(0),
                    Station: r.GetString(1),
                    Sequence: r.GetInt64(2),
                    Verdict: (Verdict)r.GetInt32(3),
                    HasOutboxRow: r.GetBoolean(4)
                )
        );
        Assert.True(accepted.Count > 200, $"Only {accepted.Count} acceptances were promised in {Kills} runs.");

        Dictionary<string, (string Station, long Sequence)> stored = rows.ToDictionary(r => r.Id, r => (r.Station, r.Sequence));
        Assert.All(accepted, a => Assert.Equal(a.Value, stored[a.Key]));
        Assert.All(rows, r => Assert.True(r.HasOutboxRow));
        Dictionary<string, Verdict> verdicts = rows.ToDictionary(r => r.Id, r => r.Verdict);
        Assert.All(judged, id => Assert.Equal(Verdict.Ng, verdicts[id]));
        foreach (var station in rows.GroupBy(r => r.Station))
            Assert.Equal(Enumerable.Range(1, station.Count()).Select(n => (long)n), station.Select(r => r.Sequence));
        Assert.Equal("ok", Assert.Single(_folder.Query("PRAGMA integrity_check", r => r.GetString(0))));
        Assert.NotEmpty(recovery.Unacked);
    }

    private async Task RunUntilKilledAsync(int lines, int spins, Dictionary<string, (string, long)> accepted, HashSet<string> judged)
    {
        using Process child = StoreChild.Start(_folder.Root);
        for (int seen = 0; await child.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line; )
        {
            Note(line, accepted, judged);
            if (++seen < lines)
                continue;
            Thread.SpinWait(spins * 20);
            child.Kill();
            break;
        }

        // What it had printed before it died counts as promised too.
        while (await child.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
            Note(line, accepted, judged);
        string error = await child.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await child.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(child.ExitCode == 137, $"The child ended by itself with {child.ExitCode}: {error}");
    }

    private static void Note(string line, Dictionary<string, (string, long)> accepted, HashSet<string> judged)
    {
        string[] words = line.Split(' ');
        if (words[0] == "A" && words.Length == 4)
        {
            var place = (words[2], long.Parse(words[3], CultureInfo.InvariantCulture));
            Assert.DoesNotContain(place, accepted.Values);
            accepted.Add(words[1], place);
        }
        else if (words[0] == "V" && words.Length == 2)
        {
            judged.Add(words[1]);
        }
    }
}
