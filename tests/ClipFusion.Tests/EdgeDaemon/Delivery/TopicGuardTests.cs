using ClipFusion.EdgeDaemon.Delivery;
using Microsoft.Extensions.Time.Testing;

namespace ClipFusion.Tests.EdgeDaemon.Delivery;

public sealed class TopicGuardTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly List<TopicDenial> _denials = [];
    private readonly TopicGuard _guard;

    public TopicGuardTests() => _guard = new TopicGuard(_time, _denials.Add);

    [Fact]
    public void Ask_AfterAnEndWithOthersUnderWay_SuspectsAndDeniesNothing()
    {
        for (int i = 0; i < 10; i++)
            _guard.Unanswered("a", wasAlone: false);
        Assert.Equal(Passage.Alone, _guard.Ask("a"));
        Assert.Equal(Passage.Free, _guard.Ask("b"));
        Assert.Empty(_denials);
    }

    [Fact]
    public void Ask_AfterAnAnswer_IsFreeAgain()
    {
        _guard.Unanswered("a", wasAlone: true);
        _guard.Answered("a");
        _guard.Unanswered("a", wasAlone: true);
        Assert.Equal(Passage.Alone, _guard.Ask("a"));
    }

    [Fact]
    public void Ask_EndedTwiceAlone_IsDeniedForLongerEachTime()
    {
        for (int i = 0; i < TopicGuard.Proof; i++)
            _guard.Unanswered("a", wasAlone: true);
        foreach (int minutes in (int[])[1, 2, 4, 8, 15, 15])
        {
            Assert.Equal(new TopicDenial("a", TimeSpan.FromMinutes(minutes)), _denials[^1]);
            Assert.Equal(Passage.Denied, _guard.Ask("a"));
            _time.Advance(TimeSpan.FromMinutes(minutes));
            Assert.Equal(Passage.Alone, _guard.Ask("a"));
            _guard.Unanswered("a", wasAlone: true);
        }
    }
}
