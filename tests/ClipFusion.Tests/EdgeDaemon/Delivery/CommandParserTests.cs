using System.Buffers;
using System.Text;
using ClipFusion.EdgeDaemon.Delivery;
using CsCheck;

namespace ClipFusion.Tests.EdgeDaemon.Delivery;

public sealed class CommandParserTests
{
    [Fact]
    public void Trigger_Empty_IsATriggerWithoutId() => Assert.Equal(new TriggerContent(null), CommandParser.Trigger(default).Value);

    [Fact]
    public void Trigger_WithAllKeys_IsUnderstood() =>
        Assert.Equal(
            new TriggerContent("A.b_c-9", "p", "7", TimeSpan.FromMilliseconds(250)),
            CommandParser.Trigger(Bytes("""{"triggerId":"A.b_c-9","partId":"p","recipe":7,"deadlineMs":250}""")).Value
        );

    [Fact]
    public void Trigger_InSeveralSegments_IsUnderstood()
    {
        byte[] bytes = Encoding.UTF8.GetBytes("""{"triggerId":"x"}""");
        var first = new Segment(bytes.AsMemory(0, 5));
        var second = first.Append(bytes.AsMemory(5));
        Assert.Equal("x", CommandParser.Trigger(new ReadOnlySequence<byte>(first, 0, second, second.Memory.Length)).Value?.TriggerId);
    }

    [Theory]
    [InlineData("""{}""", "\"triggerId\" is missing")]
    [InlineData("""{"triggerId":null}""", "\"triggerId\" is missing")]
    [InlineData("""{"triggerId":""}""", "1 to 36 of")]
    [InlineData("""{"triggerId":"a b"}""", "1 to 36 of")]
    [InlineData("""{"triggerId":7}""", "\"triggerId\" is 7")]
    [InlineData("""{"triggerId":"a","color":1}""", "unknown key \"color\"")]
    [InlineData("""{"triggerId":"a","triggerId":"a"}""", "twice")]
    [InlineData("""{"triggerId":"a","deadlineMs":0}""", "from 1 to 600000")]
    [InlineData("""{"triggerId":"a","deadlineMs":1.5}""", "not whole")]
    [InlineData("""{"triggerId":"a","deadlineMs":1e99}""", "not whole")]
    [InlineData("""{"triggerId":"a","recipe":1000}""", "0 to 999")]
    [InlineData("""{"triggerId":"a","recipe":{"deep":[1]}}""", "an object")]
    [InlineData("""{"triggerId":"\ud800"}""", "surrogate")]
    [InlineData("""{"schema":"clipfusion/v2/trigger","triggerId":"a"}""", "clipfusion/v1/trigger")]
    [InlineData("""{"triggerId":"a"} x""", "not JSON")]
    [InlineData("""{"triggerId":"a"}{}""", "not JSON")]
    [InlineData("""{"triggerId":"a",}""", "not JSON")]
    [InlineData("""["a"]""", "a list")]
    [InlineData("7", "a number")]
    [InlineData(" ", "not JSON")]
    public void Trigger_Malformed_SaysWhatIsWrong(string payload, string mentions)
    {
        var parsed = CommandParser.Trigger(Bytes(payload));
        Assert.Null(parsed.Value);
        Assert.Contains(mentions, parsed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Trigger_MalformedWithReadableId_GivesTheIdForTheRefusal() =>
        Assert.Equal("a", CommandParser.Trigger(Bytes("""{"triggerId":"a","color":1}""")).Id);

    [Fact]
    public void Trigger_DeepJson_IsRefused()
    {
        string deep = $$"""{"triggerId":{{new string('[', 1500)}}{{new string(']', 1500)}}}""";
        Assert.NotNull(CommandParser.Trigger(Bytes(deep)).Error);
    }

    [Fact]
    public void Trigger_Megabyte_IsRefusedByItsSize() =>
        Assert.Contains(
            "1048576 bytes; expected at most 4096",
            CommandParser.Trigger(new(new byte[1 << 20])).Error,
            StringComparison.Ordinal
        );

    [Fact]
    public void Trigger_InvalidUtf8_IsRefused() =>
        Assert.Contains("UTF-8", CommandParser.Trigger(new([0x7b, 0xff, 0x7d])).Error, StringComparison.Ordinal);

    [Theory]
    [InlineData("7", "7")]
    [InlineData("007", "7")]
    [InlineData("999", "999")]
    public void Recipe_PlainDigits_AreItsNumber(string payload, string recipe) =>
        Assert.Equal(new RecipeContent(null, recipe), CommandParser.Recipe(Bytes(payload)).Value);

    [Theory]
    [InlineData("")]
    [InlineData("1000")]
    [InlineData("-1")]
    [InlineData("""{"recipe":7}""")]
    [InlineData("""{"requestId":"a","recipe":"\u0001"}""")]
    public void Recipe_Malformed_IsRefused(string payload) => Assert.NotNull(CommandParser.Recipe(Bytes(payload)).Error);

    [Theory]
    [InlineData("7")]
    [InlineData("\"7\"")]
    [InlineData("\"007\"")]
    [InlineData("\"07\"")]
    public void Recipe_NumberInAnyForm_IsTheSameEverywhere(string recipe)
    {
        Assert.Equal("7", CommandParser.Trigger(Bytes($$"""{"triggerId":"a","recipe":{{recipe}}}""")).Value?.Recipe);
        Assert.Equal("7", CommandParser.Recipe(Bytes($$"""{"requestId":"a","recipe":{{recipe}}}""")).Value?.Recipe);
    }

    [Theory]
    [InlineData("\"0007\"")]
    [InlineData("\"1000\"")]
    public void Recipe_TooManyDigits_IsRefusedEverywhere(string recipe)
    {
        Assert.Contains(
            "0 to 999",
            CommandParser.Trigger(Bytes($$"""{"triggerId":"a","recipe":{{recipe}}}""")).Error,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "0 to 999",
            CommandParser.Recipe(Bytes($$"""{"requestId":"a","recipe":{{recipe}}}""")).Error,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("\ufeff", "")]
    [InlineData("", "\0")]
    [InlineData("\ufeff", "\0\0\0")]
    public void Payloads_MarkBeforeOrNulsBehind_AreTaken(string before, string behind)
    {
        Assert.Equal("a", CommandParser.Trigger(Bytes(before + """{"triggerId":"a"}""" + behind)).Value?.TriggerId);
        Assert.Equal("b", CommandParser.Part(Bytes(before + """{"partId":"b"}""" + behind)).Value);
        Assert.Equal("7", CommandParser.Recipe(Bytes(before + "007" + behind)).Value?.Recipe);
    }

    [Theory]
    [InlineData("\0", "NUL bytes alone")]
    [InlineData("\ufeff", "byte-order mark")]
    [InlineData("{\0\"triggerId\":\"a\"}", "NUL byte at 1")]
    public void Payloads_NulOrMarkThatIsNone_AreNamed(string payload, string mentions) =>
        Assert.Contains(mentions, CommandParser.Trigger(Bytes(payload)).Error, StringComparison.Ordinal);

    [Fact]
    public void Payloads_Utf16_IsNamed() =>
        Assert.Contains(
            "UTF-16",
            CommandParser.Trigger(new(Encoding.Unicode.GetPreamble().Concat(Encoding.Unicode.GetBytes("{}")).ToArray())).Error,
            StringComparison.Ordinal
        );

    [Fact]
    public void Part_WithoutId_IsRefused() => Assert.NotNull(CommandParser.Part(Bytes("{}")).Error);

    [Fact]
    public void Parsers_AnyBytes_NeverThrow() => Gen.Byte.Array[0, 64].Sample(bytes => Survives(bytes), seed: "0N0XIzNsQ0O2", iter: 20_000);

    [Fact]
    public void Parsers_DamagedCommands_NeverThrow() =>
        Gen.Select(Gen.Int[0, 63], Gen.Byte, Gen.Int[0, 63], Gen.Byte)
            .Sample(
                (i, a, j, b) =>
                {
                    byte[] bytes = Encoding.UTF8.GetBytes("""{"triggerId":"a","partId":"b","recipe":7,"deadlineMs":100,"x":0}""");
                    (bytes[i], bytes[j]) = (a, b);
                    return Survives(bytes);
                },
                seed: "0N0XIzNsQ0O2",
                iter: 20_000
            );

    /// <summary>The error of the parser that reads what the schema describes.</summary>
    internal static string? ErrorOf(string schema, byte[] payload) =>
        schema switch
        {
            "trigger" => CommandParser.Trigger(new(payload)).Error,
            "part" => CommandParser.Part(new(payload)).Error,
            "enroll" => CommandParser.Enroll(new(payload)).Error,
            _ => CommandParser.Recipe(new(payload)).Error,
        };

    private static bool Survives(byte[] bytes)
    {
        var trigger = CommandParser.Trigger(new(bytes));
        var part = CommandParser.Part(new(bytes));
        var recipe = CommandParser.Recipe(new(bytes));
        var enroll = CommandParser.Enroll(new(bytes));
        return (trigger.Value is null) != (trigger.Error is null)
            && (part.Value is null) != (part.Error is null)
            && (recipe.Value is null) != (recipe.Error is null)
            && (enroll.Value is null) != (enroll.Error is null);
    }

    [Theory]
    [InlineData("""{"action":"start","recipe":"a"}""", "\"requestId\" is missing")]
    [InlineData("""{"requestId":"r","action":"start"}""", "\"recipe\" is missing")]
    [InlineData("""{"requestId":"r","action":"begin"}""", "\"action\" is \"begin\"; expected one of start, add, finish")]
    [InlineData("""{"requestId":"r","action":7}""", "\"action\" is 7")]
    [InlineData("""{"requestId":"r","action":"add","source":"file"}""", "expected one of trigger, inspection")]
    [InlineData("""{"requestId":"r","action":"add","source":"inspection"}""", "\"inspectionId\" is missing")]
    [InlineData("""{"requestId":"r","action":"add","inspectionId":"01K"}""", "expected only with")]
    [InlineData("""{"requestId":"r","action":"add","count":65}""", "a whole number from 1 to 64")]
    [InlineData("""{"requestId":"r","action":"activate","set":0}""", "a whole number from 1")]
    [InlineData("""{"requestId":"r","action":"add","path":"/etc/passwd"}""", "unknown key")]
    public void Enroll_Wrong_SaysWhatIsExpected(string payload, string expected)
    {
        Parsed<EnrollContent> parsed = CommandParser.Enroll(new(Encoding.UTF8.GetBytes(payload)));
        Assert.Null(parsed.Value);
        Assert.Contains(expected, parsed.Error, StringComparison.Ordinal);
    }

    private static ReadOnlySequence<byte> Bytes(string text) => new(Encoding.UTF8.GetBytes(text));

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory) => Memory = memory;

        public Segment Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Segment(memory) { RunningIndex = RunningIndex + Memory.Length };
            Next = next;
            return next;
        }
    }
}
