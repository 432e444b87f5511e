using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Domain;

namespace ClipFusion.Tests.EdgeDaemon.Delivery;

public sealed class TopicsTests
{
    private static readonly Topics Box = new("box-1");

    [Fact]
    public void Topics_Published_AreTheTemplates()
    {
        string[] made =
        [
            Box.Status,
            Box.State("s"),
            Box.TriggerAck("s"),
            Box.TriggerAckSimple("s"),
            Box.TriggerFrame("s"),
            Box.TriggerFrameSimple("s"),
            Box.Verdict("s"),
            Box.VerdictSimple("s"),
            Box.VerdictReplay("s"),
            Box.Heatmap("s"),
            Box.RecipeAck("s"),
            Box.EnrollProgress("s"),
            .. Enum.GetValues<CommandKind>().Select(k => Box.Command("s", k)),
        ];
        var templates = Topics.Templates.Select(t =>
            t.Replace("{device}", "box-1", StringComparison.Ordinal).Replace("{station}", "s", StringComparison.Ordinal)
        );
        Assert.Equal(templates.Order(StringComparer.Ordinal), made.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(CommandKind.Trigger)]
    [InlineData(CommandKind.Part)]
    [InlineData(CommandKind.Recipe)]
    [InlineData(CommandKind.Enroll)]
    public void TryParse_CommandTopic_GivesStationAndKind(CommandKind kind)
    {
        Assert.True(Box.TryParse(Box.Command("line-2", kind), out string station, out var parsed));
        Assert.Equal(("line-2", kind), (station, parsed));
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("clipfusion/v1/box-1/in/")]
    [InlineData("clipfusion/v1/box-1/in//trigger")]
    [InlineData("clipfusion/v1/box-1/in/Line/trigger")]
    [InlineData("clipfusion/v1/box-1/in/line/trigger/x")]
    [InlineData("clipfusion/v1/box-1/in/line/recipe")]
    [InlineData("clipfusion/v1/box-2/in/line/trigger")]
    [InlineData("clipfusion/v1/box-1/out/line/trigger/ack")]
    [InlineData("clipfusion/v1/box-1/in/../trigger")]
    public void TryParse_OtherTopic_IsNone(string? topic) => Assert.False(Box.TryParse(topic, out _, out _));

    [Theory]
    [InlineData("")]
    [InlineData("Box")]
    [InlineData("a/b")]
    [InlineData("+")]
    [InlineData("a\n")]
    [InlineData("123456789012345678901234567890123")]
    public void Topics_BadName_SaysWhatIsExpected(string name) =>
        Assert.Contains("a-z, 0-9 and -", Assert.Throws<ArgumentException>(() => new Topics(name)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(Code.None, null)]
    [InlineData(Code.NotReadyThen, "not_ready")]
    [InlineData(Code.StorageThen, "storage")]
    [InlineData(Code.PartialFrame, "partial_frame")]
    [InlineData(Code.NotReady, "NOT_READY")]
    [InlineData(Code.TriggerIdConflict, "TRIGGER_ID_CONFLICT")]
    public void CodeText_Code_IsAsTheContractWritesIt(Code code, string? text) => Assert.Equal(text, CodeText.Of(code));
}
