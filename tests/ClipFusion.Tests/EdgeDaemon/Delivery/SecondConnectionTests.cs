using ClipFusion.EdgeDaemon.Delivery;
using Microsoft.Extensions.Time.Testing;

namespace ClipFusion.Tests.EdgeDaemon.Delivery;

public sealed class SecondConnectionTests
{
    private static readonly LinkEnd Refused = new(LinkError.NotAuthorized, "not this one", null, false),
        Brief = new(LinkError.ConnectionLost, "gone", TimeSpan.FromSeconds(1), false);

    private static readonly LinkEnd MainEnd = new(LinkError.ConnectionLost, "the connection ended", TimeSpan.FromMinutes(1), false);

    private readonly FakeTimeProvider _time = new();
    private readonly List<SecondGivenUp> _givenUp = [];
    private readonly SecondConnection _second;

    public SecondConnectionTests() => _second = new SecondConnection(_time) { GaveUp = _givenUp.Add };

    [Fact]
    public async Task HasEndedMain_RightAfterItCameUpAndItStands_IsTheReason()
    {
        _second.Trying();
        _second.Opened();
        Task<bool> asked = _second.HasEndedMainAsync(MainEnd, TestContext.Current.CancellationToken);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(await asked);
        Assert.Contains("the main connection", Assert.Single(_givenUp).Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HasEndedMain_BothEnd_IsTheBrokersOwnTrouble()
    {
        _second.Trying();
        _second.Opened();
        Task<bool> asked = _second.HasEndedMainAsync(MainEnd, TestContext.Current.CancellationToken);
        _second.Ended(Brief, isMainStanding: false);
        Assert.False(await asked);
        Assert.Null(_second.GivenUp);
    }

    [Fact]
    public async Task HasEndedMain_LongAfterItCameUp_IsNotTheReason()
    {
        _second.Trying();
        _second.Opened();
        _time.Advance(SecondConnection.Suspicious + TimeSpan.FromSeconds(1));
        Assert.False(await _second.HasEndedMainAsync(MainEnd, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task HasEndedMain_WhileAMessageWasUnderWay_IsProofOnlyWhenTheMainOneHadStoodWithoutIt()
    {
        LinkEnd busy = MainEnd with { WasBusy = true };
        Assert.Equal(TimeSpan.Zero, _second.MainMustStand);
        _second.Trying();
        _second.Opened();
        Assert.False(await _second.HasEndedMainAsync(busy, TestContext.Current.CancellationToken));
        Assert.Null(_second.GivenUp);
        // The same message may end the main one again and again while the second one stands.
        Assert.False(await _second.HasEndedMainAsync(busy, TestContext.Current.CancellationToken));
        Assert.Null(_second.GivenUp);
        _second.Ended(Brief, isMainStanding: false);

        // The message alone would have ended the main one again in this time.
        Assert.Equal(SecondConnection.Suspicious, _second.MainMustStand);
        _second.Trying();
        _second.Opened();
        Task<bool> asked = _second.HasEndedMainAsync(busy, TestContext.Current.CancellationToken);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(await asked);
        Assert.NotNull(_second.GivenUp);
        Assert.Equal(TimeSpan.Zero, _second.MainMustStand);
    }

    [Fact]
    public async Task MainMustStand_TheSecondOneStoodBesideTheMainOne_AsksForNothing()
    {
        _second.Trying();
        _second.Opened();
        Assert.False(await _second.HasEndedMainAsync(MainEnd with { WasBusy = true }, TestContext.Current.CancellationToken));
        _second.Ended(Brief with { Stood = TimeSpan.FromMinutes(1) }, isMainStanding: true);
        Assert.Equal(TimeSpan.Zero, _second.MainMustStand);
    }

    [Fact]
    public void Ended_NotTakenThreeTimesBesideTheMainOne_IsGivenUpAndTriedAgainEverLater()
    {
        foreach (int hours in (int[])[1, 2, 4, 8, 16, 24, 24])
        {
            for (int i = 0; i < 3; i++)
            {
                Assert.Null(_second.GivenUp);
                _second.Trying();
                _second.Ended(i == 1 ? Brief : Refused, isMainStanding: true);
            }
            Assert.Equal(TimeSpan.FromHours(hours), _second.GivenUp!.For);
            _time.Advance(TimeSpan.FromHours(hours));
        }
    }

    [Fact]
    public void Ended_WhileTheMainOneIsGoneOrAMessageIsUnderWay_IsNoRefusal()
    {
        for (int i = 0; i < 10; i++)
        {
            _second.Trying();
            _second.Ended(Refused, isMainStanding: false);
            _second.Trying();
            _second.Ended(Brief with { WasBusy = true }, isMainStanding: true);
        }
        Assert.Empty(_givenUp);
    }
}
