using ClipFusion.EdgeDaemon.Pipeline;
using Microsoft.Extensions.Time.Testing;

namespace ClipFusion.Tests.EdgeDaemon.Pipeline;

public sealed class PartQueueTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Take_SeveralParts_GivesThemInOrderOnceEach()
    {
        var parts = new PartQueue(_time, TimeSpan.FromSeconds(10), 4);
        foreach (string id in (string[])["a", "b"])
            Assert.True(parts.Add(id, _time.GetTimestamp()));
        Assert.Equal(["a", "b", null], [parts.Take(), parts.Take(), parts.Take()]);
    }

    [Fact]
    public void Take_PartWhoseTriggerNeverCame_IsNotGivenToALaterPart()
    {
        var parts = new PartQueue(_time, TimeSpan.FromSeconds(10), 4);
        parts.Add("old", _time.GetTimestamp());
        _time.Advance(TimeSpan.FromSeconds(10));
        parts.Add("new", _time.GetTimestamp());
        Assert.Equal("new", parts.Take());
    }

    [Fact]
    public void Add_MoreThanFit_PushesOutTheOldestAndSaysSo()
    {
        var parts = new PartQueue(_time, TimeSpan.FromSeconds(10), 2);
        Assert.Equal([true, true, false], [.. ((string[])["a", "b", "c"]).Select(id => parts.Add(id, _time.GetTimestamp()))]);
        Assert.Equal("b", parts.Take());
    }
}
