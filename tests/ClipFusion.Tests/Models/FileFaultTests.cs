using System.Text.Json;
using ClipFusion.Foundation.Json;
using ClipFusion.Imaging;
using ClipFusion.Models.Checkpoints;
using ClipFusion.Models.Tokenizer;
using ClipFusion.Models.Weights;

namespace ClipFusion.Tests.Models;

public sealed class FileFaultTests : IDisposable
{
    private const string Pointer =
        "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize "
        + "12345\n";

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, Action<string>> Readers =>
        new()
        {
            { "weights", path => SafetensorsFile.Open(path).Dispose() },
            { "index", path => WeightIndex.Read(path) },
            { "configuration", path => PublishedConfig.Open(path) },
            { "vocabulary", path => ClipTokenizer.Load(path, path) },
            { "picture", path => ImageCodec.ReadHeader(path) },
        };

    [Theory]
    [MemberData(nameof(Readers), DisableDiscoveryEnumeration = true)]
    public void Read_GitLfsPointer_IsCalledOne(string what, Action<string> read)
    {
        string path = _folder["file"];
        File.WriteAllText(path, Pointer);
        Exception e = Assert.ThrowsAny<Exception>(() => read(path));
        Assert.True(
            e.Message.Contains("Git LFS pointer", StringComparison.Ordinal) && e.Message.Contains("git lfs pull", StringComparison.Ordinal),
            $"{what}: {e.Message}"
        );
    }

    [Theory]
    [InlineData("{\n  \"a\": 1,\n}", "line 3, byte 1")]
    [InlineData("{\n  \"a\": 1\n  \"b\": 2\n}", "line 3, byte 3")]
    [InlineData("{\"a\": // note\n1}", "line 1, byte 7")]
    [InlineData("{\"a\": [1, 2}", "line 1, byte 12")]
    [InlineData("{\"a\": 1", "line 1, byte 8")]
    [InlineData("", "line 1, byte 1")]
    public void Describe_SyntaxError_HasOnePlaceAndNoAdvice(string json, string place)
    {
        var error = Assert.ThrowsAny<JsonException>(() => JsonDocument.Parse(json));
        string said = JsonSyntax.Describe(error);
        Assert.EndsWith($"({place})", said, StringComparison.Ordinal);
        Assert.All(
            ["LineNumber", "BytePosition", "reader options", "Serializer", "Path:"],
            part => Assert.DoesNotContain(part, said, StringComparison.OrdinalIgnoreCase)
        );
        Assert.True(said.Length > place.Length + 12, said);
    }

    [Fact]
    public void Describe_ValueThatDoesNotFit_HasItsPathAndNoTypes()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
            RespectRequiredConstructorParameters = true,
        };
        string Said(string json) =>
            JsonSyntax.Describe(Assert.ThrowsAny<JsonException>(() => JsonSerializer.Deserialize<Sample>(json, options)));
        Assert.StartsWith("$.size: a value of another kind", Said("{\"size\":\"x\"}"), StringComparison.Ordinal);
        Assert.Contains("unknown key 'colour'", Said("{\"size\":1,\"colour\":2}"), StringComparison.Ordinal);
        Assert.Contains("missing keys: 'size'", Said("{}"), StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private sealed record Sample(int Size);
}
