using ClipFusion.EdgeDaemon.Runtime;

namespace ClipFusion.Tests.EdgeDaemon.Runtime;

public sealed class KillPointTests
{
    [Theory]
    [InlineData("accepted:3", "Accepted")]
    [InlineData("ackMarked:1", "AckMarked")]
    public void Setting_OfAStepAndACount_IsUnderstood(string setting, string step) =>
        Assert.Equal(step, KillPoint.Parse(setting)!.Step.ToString());

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void Setting_Missing_ArmsNothing(string? setting) => Assert.Null(KillPoint.Parse(setting));

    [Theory]
    [InlineData("accepted")]
    [InlineData("accepted:0")]
    [InlineData("accepted:-1")]
    [InlineData("accepted:3:4")]
    [InlineData("Accepted:3")]
    [InlineData("1:3")]
    [InlineData("nowhere:1")]
    [InlineData(":1")]
    public void Setting_ThatIsNone_IsRefusedWithWhatIsExpected(string setting)
    {
        var e = Assert.Throws<ArgumentException>(() => KillPoint.Parse(setting));
        Assert.Contains(setting, e.Message, StringComparison.Ordinal);
        Assert.Contains("ackMarked", e.Message, StringComparison.Ordinal);
    }
}
