using System.Text;

namespace ClipFusion.Tests.EdgeDaemon.Delivery;

/// <summary>The validator itself: a validator that finds nothing would make every schema test pass.</summary>
public sealed class JsonSchemaTests
{
    private const string Schema = """
        {"type":"object","additionalProperties":false,"required":["a"],"properties":{
          "a":{"type":"integer","minimum":1,"maximum":3},"b":{"enum":["x",1]},"c":{"type":["string","null"],"pattern":"^z+$"},
          "d":{"type":"array","maxItems":2,"items":{"$ref":"#/$defs/e"}},"f":{"anyOf":[{"$ref":"#/$defs/e"},{"type":"null"}]},
          "g":{"type":"object","additionalProperties":{"type":"number"}}},
         "$defs":{"e":{"type":"object","additionalProperties":false,"required":["n"],"properties":{"n":{"type":"boolean"}}}}}
        """;

    [Theory]
    [InlineData("""{"a":1}""")]
    [InlineData("""{"a":3,"b":"x","c":"zz","d":[{"n":true},{"n":false}],"f":{"n":true},"g":{"q":1.5}}""")]
    [InlineData("""{"a":2,"b":1,"c":null,"d":[],"f":null,"g":{}}""")]
    public void Check_Valid_FindsNothing(string document) => Assert.Empty(JsonSchema.Parse(Schema).Check(Encoding.UTF8.GetBytes(document)));

    [Theory]
    [InlineData("""[]""", "$: is Array")]
    [InlineData("""{}""", "lacks a")]
    [InlineData("""{"a":0}""", "below")]
    [InlineData("""{"a":4}""", "above")]
    [InlineData("""{"a":1.5}""", "$.a: is Number")]
    [InlineData("""{"a":1,"b":"y"}""", "not one of")]
    [InlineData("""{"a":1,"c":"zy"}""", "does not match")]
    [InlineData("""{"a":1,"d":[{"n":true},{"n":1}]}""", "$.d[1].n")]
    [InlineData("""{"a":1,"d":[{"n":true},{"n":true},{"n":true}]}""", "at most 2")]
    [InlineData("""{"a":1,"d":[{"n":true,"m":1}]}""", "$.d[0].m: is not expected")]
    [InlineData("""{"a":1,"f":{}}""", "none of the alternatives")]
    [InlineData("""{"a":1,"g":{"q":"1"}}""", "$.g.q")]
    [InlineData("""{"a":1,"z":1}""", "$.z: is not expected")]
    public void Check_Invalid_SaysWhere(string document, string mentions) =>
        Assert.Contains(
            JsonSchema.Parse(Schema).Check(Encoding.UTF8.GetBytes(document)),
            e => e.Contains(mentions, StringComparison.Ordinal)
        );

    [Fact]
    public void Check_UnknownKeyword_Throws() =>
        Assert.Throws<NotSupportedException>(() => JsonSchema.Parse("""{"maxLength":3}""").Check("1"u8));
}
