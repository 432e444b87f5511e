using System.Text;
using System.Text.Json;
using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.Inspection.Calibration;

namespace ClipFusion.Tests.EdgeDaemon.Delivery;

/// <summary>Every message that the program can make is what docs/schema says.</summary>
public sealed class MessageSchemaTests
{
    [Theory]
    [InlineData(DeviceStatus.Online)]
    [InlineData(DeviceStatus.Offline)]
    [InlineData(DeviceStatus.Lost)]
    public void Status_FitsItsSchema(DeviceStatus status) => AssertFits("status", new StatusMessage(status, "boot"));

    [Fact]
    public void State_FitsItsSchema()
    {
        AssertFits("state", Samples.State());
        foreach (var code in Enum.GetValues<Code>())
            AssertFits("state", Samples.State(code, withNulls: true));
        foreach (var storage in Enum.GetValues<StorageWord>())
            AssertFits("state", Samples.State() with { Storage = storage });
        foreach (var mode in Enum.GetValues<StationMode>())
            AssertFits("state", Samples.State() with { Mode = mode });
    }

    [Fact]
    public void TriggerAck_FitsItsSchema()
    {
        AssertFits("trigger-ack", TriggerAckMessage.ForAccepted(Samples.Accepted(), false, Samples.Noon));
        AssertFits("trigger-ack", TriggerAckMessage.ForAccepted(Samples.Accepted(triggerId: null), true, Samples.Noon));
        foreach (var code in Enum.GetValues<Code>().Where(c => (int)c >= 200))
            AssertFits("trigger-ack", TriggerAckMessage.ForRefused(null, code, "why", Samples.Noon));
    }

    [Fact]
    public void TriggerFrame_FitsItsSchema() => AssertFits("trigger-frame", new TriggerFrameMessage(Samples.Accepted().Id, 1, "T-1"));

    [Fact]
    public void TriggerFrame_WithoutId_FitsItsSchema() =>
        AssertFits("trigger-frame", new TriggerFrameMessage(Samples.Accepted().Id, 1, null));

    [Fact]
    public void RecipeAck_FitsItsSchema()
    {
        foreach (var status in Enum.GetValues<RecipeChange>())
            AssertFits("recipe-ack", new RecipeAckMessage("r", "7", status, Samples.Recipe, Code.None, null, Samples.Noon));
        AssertFits("recipe-ack", new RecipeAckMessage(null, null, RecipeChange.Refused, null, Code.Malformed, "why", Samples.Noon));
    }

    [Fact]
    public void EnrollProgress_FitsItsSchema()
    {
        EnrollAdvice[] advice =
        [
            .. Enum.GetValues<ReferenceRemark>()
                .Select(r => new EnrollAdvice(1, JsonNamingPolicy.SnakeCaseLower.ConvertName(r.ToString()), "text")),
            new(null, "too_few_to_compare", "text"),
        ];
        foreach (EnrollState state in Enum.GetValues<EnrollState>())
        foreach (EnrollAction action in Enum.GetValues<EnrollAction>())
            AssertFits(
                "enroll-progress",
                new EnrollProgressMessage("r", action, state, "board", 3, 8, 4, 16, advice, Code.None, null, Samples.Noon)
            );
        foreach (Code code in Enum.GetValues<Code>().Where(c => (int)c >= 200))
            AssertFits("enroll-progress", EnrollProgressMessage.ForRefused(null, null, code, "why", Samples.Noon));
    }

    [Fact]
    public void Verdict_WithAThreshold_SaysWhereItComesFrom()
    {
        foreach (ThresholdState state in Enum.GetValues<ThresholdState>())
        {
            VerdictRecord record = Samples.Judged(Samples.Accepted()) with { ThresholdState = state };
            AssertFits("verdict", new VerdictMessage(record, default));
            AssertFits("state", Samples.State() with { Recipe = Samples.Recipe with { ThresholdState = state } });
        }

        using JsonDocument without = JsonDocument.Parse(Wire.Json(new VerdictMessage(Samples.Judged(Samples.Accepted()), default)));
        Assert.False(without.RootElement.GetProperty("recipe").TryGetProperty("thresholdState", out _));
    }

    [Fact]
    public void Verdict_FitsItsSchema()
    {
        foreach (var verdict in new[] { Verdict.Ok, Verdict.Ng, Verdict.Review })
            AssertFits("verdict", new VerdictMessage(Samples.Judged(Samples.Accepted(), verdict), new(true, false, true)));
        foreach (var reason in Enum.GetValues<Code>().Where(c => (int)c is > 100 and < 200))
            AssertFits(
                "verdict",
                new VerdictMessage(Samples.NotJudged(Samples.Accepted(triggerId: null) with { PartId = null }, reason), default)
            );
        foreach (var source in Enum.GetValues<TriggerSource>())
            AssertFits("verdict", new VerdictMessage(Samples.Judged(Samples.Accepted() with { Source = source }), default));
    }

    /// <summary>The fifth branch came after readers that know four: to them nothing changes where there is none.</summary>
    [Fact]
    public void Verdict_WithABackbone_HasAKeyMoreAndOneWithoutHasNot()
    {
        VerdictRecord four = Samples.Judged(Samples.Accepted()),
            five = four with { Profile = "backbone", Evidence = four.Evidence! with { BackboneVision = 0.25 } };
        AssertFits("verdict", new VerdictMessage(five, default));
        Assert.Equal(["clipLanguage", "clipVision", "diffLanguage", "diffVision"], Keys(four));
        Assert.Equal(["clipLanguage", "clipVision", "diffLanguage", "diffVision", "backboneVision"], Keys(five));

        static string[] Keys(VerdictRecord record)
        {
            using JsonDocument message = JsonDocument.Parse(Wire.Json(new VerdictMessage(record, default)));
            return [.. message.RootElement.GetProperty("evidence").EnumerateObject().Select(p => p.Name)];
        }
    }

    [Fact]
    public void Verdict_WithNumbersThatAreNone_StillGoesOut()
    {
        var odd = Samples.Judged(Samples.Accepted(), score: double.NaN) with
        {
            Timings = new Dictionary<string, double> { ["unet"] = double.PositiveInfinity },
        };
        AssertFits("verdict", new VerdictMessage(odd, default));
        Assert.Contains(";00000;", Encoding.ASCII.GetString(SimpleText.Verdict(odd, default)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("trigger", """{"triggerId":"a"}""")]
    [InlineData("trigger", """{"schema":"clipfusion/v1/trigger","triggerId":"a","partId":"b","recipe":7,"deadlineMs":100}""")]
    [InlineData("trigger", """{"triggerId":"a","recipe":"name"}""")]
    [InlineData("part", """{"partId":"b"}""")]
    [InlineData("recipe-set", """{"requestId":"r","recipe":"name"}""")]
    [InlineData("enroll", """{"requestId":"r","action":"start","recipe":"name"}""")]
    [InlineData("enroll", """{"schema":"clipfusion/v1/enroll","requestId":"r","action":"start","recipe":7}""")]
    [InlineData("enroll", """{"requestId":"r","action":"add"}""")]
    [InlineData("enroll", """{"requestId":"r","action":"add","source":"trigger","count":64}""")]
    [InlineData("enroll", """{"requestId":"r","action":"add","source":"inspection","inspectionId":"01K"}""")]
    [InlineData(
        "enroll",
        """{"requestId":"r","action":"finish","recipe":null,"source":null,"inspectionId":null,"count":null,"set":null}"""
    )]
    [InlineData("enroll", """{"requestId":"r","action":"cancel"}""")]
    [InlineData("enroll", """{"requestId":"r","action":"activate","set":3}""")]
    [InlineData("enroll", """{"requestId":"r","action":"rollback"}""")]
    public void Command_ThatFitsItsSchema_IsUnderstood(string schema, string command)
    {
        Assert.Empty(JsonSchema.Of(schema).Check(Encoding.UTF8.GetBytes(command)));
        Assert.Null(CommandParserTests.ErrorOf(schema, Encoding.UTF8.GetBytes(command)));
    }

    [Fact]
    public void Wire_Times_AreUtcWithMilliseconds()
    {
        using var ack = JsonDocument.Parse(Wire.Json(TriggerAckMessage.ForAccepted(Samples.Accepted(), false, Samples.Noon)));
        Assert.Equal("2026-03-01T10:00:00.007Z", ack.RootElement.GetProperty("time").GetString());
        Assert.Equal("schema", ack.RootElement.EnumerateObject().First().Name);
    }

    private static void AssertFits<T>(string schema, T message)
    {
        byte[] json = Wire.Json(message);
        var errors = JsonSchema.Of(schema).Check(json);
        Assert.True(errors.Count == 0, $"{string.Join("; ", errors)} in {Encoding.UTF8.GetString(json)}");
    }
}
