using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Pipeline;
using ClipFusion.Tests.EdgeDaemon.Delivery;

namespace ClipFusion.Tests.EdgeDaemon.Pipeline;

public sealed class FrameNoticesTests
{
    private readonly List<string> _line = [];
    private readonly FrameNotices _frames;
    private readonly AcceptedInspection _part = Samples.Accepted(5);

    public FrameNoticesTests() => _frames = new FrameNotices((_, frame) => _line.Add($"frame {frame.Seq} {frame.TriggerId}"));

    [Fact]
    public void Taken_BeforeTheAck_IsToldBehindIt()
    {
        _frames.Taken(_part);
        Assert.Empty(_line);
        Ack(duplicate: false);
        Assert.Equal(["ack", "frame 5 T-1"], _line);
    }

    [Fact]
    public void Taken_AfterTheAck_IsToldAtOnce()
    {
        Ack(duplicate: false);
        _frames.Taken(_part);
        Assert.Equal(["ack", "frame 5 T-1"], _line);
    }

    [Fact]
    public void Acked_Duplicate_IsToldAgainAndOnlyWhenExposureIsOver()
    {
        Ack(duplicate: false);
        Ack(duplicate: true);
        _frames.Taken(_part);
        Ack(duplicate: true);
        Assert.Equal(["ack", "ack", "frame 5 T-1", "ack", "frame 5 T-1"], _line);
    }

    [Fact]
    public void Acked_DuplicateOfAnEarlierRun_IsToldWhereThereWasAFrame()
    {
        Ack(duplicate: true, Samples.NotJudged(_part, Code.NoFrame));
        Assert.Equal(["ack"], _line);
        new FrameNotices((_, f) => _line.Add($"frame {f.Seq}")).Acked(
            "line1",
            TriggerAckMessage.ForAccepted(_part, true, Samples.Noon),
            Samples.Judged(_part)
        );
        Assert.Equal(["ack", "frame 5"], _line);
    }

    [Fact]
    public void Taken_WithoutACallerOverMqtt_IsToldAtOnce()
    {
        _frames.Taken(_part with { Source = TriggerSource.Interval });
        Assert.Single(_line);
    }

    [Fact]
    public void Acked_Refusal_TellsNothing()
    {
        _frames.Taken(_part);
        _frames.Acked("line1", TriggerAckMessage.ForRefused("T-1", Code.QueueFull, "full", Samples.Noon), null);
        Assert.Empty(_line);
    }

    private void Ack(bool duplicate, VerdictRecord? given = null)
    {
        _line.Add("ack");
        _frames.Acked("line1", TriggerAckMessage.ForAccepted(_part, duplicate, Samples.Noon), given);
    }
}
