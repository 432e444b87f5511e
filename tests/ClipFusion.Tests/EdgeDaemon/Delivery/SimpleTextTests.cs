using System.Text;
using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Domain;

namespace ClipFusion.Tests.EdgeDaemon.Delivery;

public sealed class SimpleTextTests
{
    [Fact]
    public void Verdict_Judged_IsLaidOutAsInTheContract() =>
        Assert.Equal(
            "0000000042;N;000;06123;007;1110;T-1                                 ",
            Text(SimpleText.Verdict(Samples.Judged(Samples.Accepted(42)), new(Late: true, Replayed: false, Duplicate: true)))
        );

    [Fact]
    public void Verdict_NotJudged_CarriesItsReasonAndNoScore() =>
        Assert.Equal(
            "0000000001;X;103;00000;007;0001;                                    ",
            Text(SimpleText.Verdict(Samples.NotJudged(Samples.Accepted(triggerId: null), Code.NoFrame), default))
        );

    [Theory]
    [InlineData(Verdict.Ok, -1.0, ";O;000;00000;")]
    [InlineData(Verdict.Review, 3.0, ";R;000;20000;")]
    [InlineData(Verdict.Ok, 1.99996, ";O;000;20000;")]
    public void Verdict_ScoreOutsideItsRange_KeepsItsWidth(Verdict verdict, double score, string expected) =>
        Assert.Contains(
            expected,
            Text(SimpleText.Verdict(Samples.Judged(Samples.Accepted(), verdict, score), default)),
            StringComparison.Ordinal
        );

    [Fact]
    public void Verdict_AnyContent_HasOneLength()
    {
        foreach (long sequence in new[] { 1, 9_999_999_999, 10_000_000_001, long.MaxValue })
        foreach (string? id in new[] { null, "a", new string('x', 36) })
            Assert.Equal(
                SimpleText.VerdictLength,
                SimpleText.Verdict(Samples.Judged(Samples.Accepted(sequence, triggerId: id)), default).Length
            );
    }

    [Fact]
    public void Ack_AcceptedAndRefused_AreLaidOutAsInTheContract()
    {
        byte[] accepted = SimpleText.Ack(TriggerAckMessage.ForAccepted(Samples.Accepted(9), false, Samples.Noon));
        Assert.Equal("000;0000000009;T-1                                 ", Text(accepted));
        Assert.Equal(SimpleText.AckLength, accepted.Length);
        Assert.Equal(
            "202;0000000000;                                    ",
            Text(SimpleText.Ack(TriggerAckMessage.ForRefused(null, Code.QueueFull, "full", Samples.Noon)))
        );
    }

    [Theory]
    [InlineData("T-1", "0000000009;T-1                                 ")]
    [InlineData(null, "0000000009;                                    ")]
    public void Frame_IsLaidOutAsInTheContract(string? id, string expected)
    {
        byte[] frame = SimpleText.Frame(new TriggerFrameMessage("01HZ", 9, id));
        Assert.Equal(expected, Text(frame));
        Assert.Equal(SimpleText.FrameLength, frame.Length);
    }

    private static string Text(byte[] ascii) => Encoding.ASCII.GetString(ascii);
}
