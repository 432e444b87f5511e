using System.Buffers;
using ClipFusion.Camera.Simulation;
using ClipFusion.Cli.Demo;
using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.Tests.EdgeDaemon.Delivery;

namespace ClipFusion.Tests.Cli.Demo;

public sealed class ScoreBoardTests
{
    private static readonly LineTruth Truth = new SimulatedLine(
        new LineOptions
        {
            Width = 64,
            Height = 64,
            DefectRate = 0.5,
        }
    ).Truth;
    private static readonly long Good = Numbers(isDefective: false),
        Bad = Numbers(isDefective: true);

    [Fact]
    public void Add_VerdictsOfAllKinds_StandInTheFieldOfTruthAndVerdict()
    {
        var board = new ScoreBoard(Truth);
        string[] said = ["OK", "OK", "OK", "NG", "OK", "OK", "NG", "NG", "NG", "NG", "REVIEW", "NOT_JUDGED"];
        long[] parts = [Good, Good, Good, Good, Bad, Bad, Bad, Bad, Bad, Bad, Good, Bad];
        bool?[] right = [.. said.Zip(parts).Select((p, i) => board.Add(Heard($"id{i}", p.Second, p.First))!.IsRight)];
        Assert.Equal(new ScoreMatrix(OkAsOk: 3, OkAsNg: 1, NgAsOk: 2, NgAsNg: 4, NotJudged: 2), board.Matrix);
        Assert.Equal(12, board.Matrix.Parts);
        Assert.Equal([true, true, true, false, false, false, true, true, true, true, null, null], right);
    }

    [Fact]
    public void Add_AVerdictThatComesAgain_CountsOnce()
    {
        var board = new ScoreBoard(Truth);
        Assert.NotNull(board.Add(Heard("a", Good, "NG")));
        Assert.Null(board.Add(Heard("a", Good, "NG")));
        Assert.Equal(1, board.Matrix.Parts);
    }

    [Fact]
    public void Read_AVerdictAsTheBoxSendsIt_FindsWhatIsCounted()
    {
        AcceptedInspection accepted = Samples.Accepted(sequence: 41);
        HeardVerdict judged = Read(Samples.Judged(accepted, Verdict.Ng, 0.61234)),
            notJudged = Read(Samples.NotJudged(accepted, Code.Deadline));
        Assert.Equal(new HeardVerdict(accepted.Id, 41, "NG", null, 0.61234, 0.5, true, TimeSpan.Zero), judged);
        Assert.Equal(new HeardVerdict(accepted.Id, 41, "NOT_JUDGED", "deadline", null, null, false, TimeSpan.Zero), notJudged);
    }

    private static long Numbers(bool isDefective) => Enumerable.Range(1, 1000).First(n => Truth.Of((ulong)n).IsDefective == isDefective);

    private static HeardVerdict Read(VerdictRecord record) =>
        HeardVerdict.Read(new ReadOnlySequence<byte>(Wire.Json(new VerdictMessage(record, default))));

    private static HeardVerdict Heard(string id, long sequence, string verdict) =>
        new(id, sequence, verdict, null, 0.5, 0.4, false, TimeSpan.FromMilliseconds(100));
}
