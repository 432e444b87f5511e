using System.Text;
using System.Text.Json;
using ClipFusion.Foundation.Json;

namespace ClipFusion.Tests.Foundation;

public sealed class StrictJsonTests
{
    private static readonly JsonRules Unique = new() { UniqueKeys = true };

    [Theory]
    [InlineData("[]", "found an array of 0; expected an object with keys")]
    [InlineData("", "text that is not valid JSON")]
    [InlineData("{\"a\":1,}", "line 1, byte 8")]
    [InlineData("{\"a\":\n x}", "line 2, byte 2")]
    [InlineData("{\"a\":1} {}", "text that is not valid JSON")]
    [InlineData("{\"a\":1 /* why */}", "text that is not valid JSON")]
    [InlineData("{\"a\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}", "text that is not valid JSON")]
    public void Parse_OfWhatIsNoStrictObject_IsOneErrorThatSaysWhere(string text, string says)
    {
        (JsonDocument? document, FieldError? error) = StrictJson.ParseOrFirst(
            Encoding.UTF8.GetBytes(text),
            "an object with keys",
            new JsonRules()
        );
        Assert.Null(document);
        Assert.StartsWith("$: found ", error!.ToString(), StringComparison.Ordinal);
        Assert.Contains(says, error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_OfBytesBeyondTheLimitOrNoUtf8_IsOneError()
    {
        Assert.Contains(
            "more than 4 bytes",
            StrictJson.ParseOrFirst("{    }"u8.ToArray(), "an object", new JsonRules { MaxBytes = 4 }).Error!.ToString(),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "not UTF-8",
            StrictJson.ParseOrFirst(new byte[] { (byte)'{', 0xFF, (byte)'}' }, "an object", new JsonRules()).Error!.ToString(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Parse_WithRules_TakesWhatTheyAllow()
    {
        using (
            JsonDocument? document = StrictJson.Parse(
                "\uFEFF{\"a\":1 /* why */} // end"u8.ToArray(),
                "an object",
                new FieldErrors(),
                JsonRules.WithComments
            )
        )
            Assert.NotNull(document);
        (JsonDocument? nested, FieldError? error) = StrictJson.ParseOrFirst(
            "{\"a\":[[1]]}"u8.ToArray(),
            "an object",
            new JsonRules { MaxDepth = 3 }
        );
        using (nested)
            Assert.Null(error);
    }

    [Theory]
    [InlineData("""{"a":1,"a":2}""")]
    [InlineData("""{"b":[{"a":1,"\u0061":2}]}""")]
    public void Parse_OfAKeyThatIsThereTwice_IsAnErrorWhereTheRulesSaySo(string text)
    {
        Assert.NotNull(StrictJson.ParseOrFirst(Encoding.UTF8.GetBytes(text), "an object", Unique).Error);
        (JsonDocument? document, FieldError? error) = StrictJson.ParseOrFirst(Encoding.UTF8.GetBytes(text), "an object", new JsonRules());
        using (document)
            Assert.Null(error);
    }

    [Fact]
    public void Parse_OfAKeyThatIsNoUnicode_NeverThrows()
    {
        (JsonDocument? document, _) = StrictJson.ParseOrFirst("""{"\ud800":1,"a":2}"""u8.ToArray(), "an object", Unique);
        document?.Dispose();
    }

    [Theory]
    [InlineData("""{"a":"x","b":""", "a")]
    [InlineData("""{"a":"x","b":[1,{"c":2}],"d":{"e":""", "a,b")]
    [InlineData("""{"a":"x"} x""", "a")]
    [InlineData("""{"a":"x",}""", "a")]
    [InlineData("""{"a":"x" "b":1}""", "a")]
    [InlineData("""{"a":1,"b":[[[[1]]]]}""", "a")]
    [InlineData("""{"a":1,"a":2,x""", "a,a")]
    [InlineData("\uFEFF{\"a\":1,", "a")]
    [InlineData("{", "")]
    public void ParseUpToError_OfAnObjectThatBreaksOff_GivesTheMembersBeforeTheBreak(string text, string members)
    {
        (JsonDocument? document, FieldError? error) = StrictJson.ParseUpToError(
            Encoding.UTF8.GetBytes(text),
            new JsonRules { MaxDepth = 4 }
        );
        using (document)
        {
            Assert.NotNull(error);
            Assert.Equal(members, string.Join(",", document!.RootElement.EnumerateObject().Select(p => p.Name)));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("[1,")]
    [InlineData("x")]
    [InlineData("\0{}")]
    public void ParseUpToError_OfWhatBeginsAsNoObject_GivesTheErrorAlone(string text)
    {
        (JsonDocument? document, FieldError? error) = StrictJson.ParseUpToError(Encoding.UTF8.GetBytes(text), new JsonRules());
        Assert.Null(document);
        Assert.NotNull(error);
    }

    [Fact]
    public void Fields_WithSeveralMistakes_TellAllOfThemWithTheirPlaces()
    {
        var errors = new FieldErrors();
        using JsonDocument document = StrictJson.Parse("""{"a":"x","a":1,"b":{"c":7,"d":0},"e":null}"""u8.ToArray(), "an object", errors)!;
        var fields = new JsonFields(document.RootElement, "$", errors);
        fields.Read("a", 0, JsonValues.Integer(1, 3));
        fields.Object("b", b => string.Create(null, $"{b.Read("c", 1, JsonValues.Integer(1, 3))}"));
        fields.RejectUnknown();
        Assert.Equal(["$.a", "$.a", "$.b.c", "$.b.d", "$.e"], errors.List.Select(e => e.Path).Order(StringComparer.Ordinal));
    }
}
