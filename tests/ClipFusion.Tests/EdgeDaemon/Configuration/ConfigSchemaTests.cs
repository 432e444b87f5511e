using System.Globalization;
using System.Text.Json.Nodes;
using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.Foundation.Json;
using static ClipFusion.Tests.EdgeDaemon.Configuration.ConfigFiles;

namespace ClipFusion.Tests.EdgeDaemon.Configuration;

/// <summary>The schema is for editors and other tools, the reader decides: here each says what the other says.</summary>
public sealed class ConfigSchemaTests
{
    private static readonly JsonNode Schema = JsonNode.Parse(
        File.ReadAllText(Fixtures.Path("..", "..", "config", "clipfusion.schema.json"))
    )!;

    /// <summary>Objects of the configuration by path, with their schema; a folder camera is a document of its own.</summary>
    public static TheoryData<string, string, string> Objects =>
        new()
        {
            { "$", "", Least },
            { "$.stations[0]", "station", Least },
            { "$.stations[0].camera", "simulatedCamera", Least },
            { "$.stations[0].camera", "folderCamera", With("$.stations[0].camera", """{"kind": "folder", "folder": "in"}""") },
            { "$.stations[0].triggers", "triggers", Least },
            { "$.stations[0].images", "images", Least },
            { "$.stations[0].heatmap", "heatmap", Least },
            { "$.mqtt", "mqtt", Least },
            { "$.mqtt.tls", "tls", Least },
            { "$.http", "http", Least },
            { "$.storage", "storage", Least },
            { "$.log", "log", Least },
        };

    [Theory]
    [MemberData(nameof(Objects))]
    public void Schema_Keys_AreTheReaders(string path, string definition, string document)
    {
        JsonObject schema = Definition(definition);
        FieldError error = Assert.Single(Errors(With($"{path}.unheardOf", "1", document)));
        Assert.Equal(path + ".unheardOf", error.Path);
        Assert.Equal(
            "one of " + string.Join(", ", schema["properties"]!.AsObject().Select(p => p.Key).Order(StringComparer.Ordinal)),
            "one of " + string.Join(", ", error.Expected["one of ".Length..].Split(", ").Order(StringComparer.Ordinal))
        );
        Assert.False(schema["additionalProperties"]!.GetValue<bool>());
    }

    [Theory]
    [MemberData(nameof(Objects))]
    public void Schema_BoundsAndWords_AreTheReaders(string path, string definition, string document)
    {
        foreach ((string key, JsonNode? value) in Definition(definition)["properties"]!.AsObject())
        {
            string at = $"{path}.{key}";
            JsonNode property = value!["$ref"] is { } reference ? Definition(reference.GetValue<string>()["#/$defs/".Length..]) : value;
            if (property["minimum"] is { } minimum)
            {
                decimal from = decimal.Parse(minimum.ToJsonString(), CultureInfo.InvariantCulture),
                    to = decimal.Parse(property["maximum"]!.ToJsonString(), CultureInfo.InvariantCulture);
                decimal step = property["type"]!.ToJsonString().Contains("integer", StringComparison.Ordinal) ? 1 : 0.0001m;
                AssertTaken(from, to);
                AssertRefused(from - step, to + step);
                if (step == 1)
                    AssertRefused(from + 0.5m);
            }

            if (property["enum"] is JsonArray words)
            {
                foreach (JsonNode? word in words)
                    Assert.Empty(Errors(With(at, word?.ToJsonString() ?? "null", document)));
                Assert.Contains(
                    string.Join(", ", words.Where(w => w is not null).Select(w => w!.ToJsonString())),
                    Assert.Single(Errors(With(at, "\"no such word\"", document))).Expected,
                    StringComparison.Ordinal
                );
            }

            if (property["maxLength"] is { } longest && definition != "" && key is not ("host" or "folder"))
                Assert.NotEmpty(Errors(With(at, $"\"{new string('a', longest.GetValue<int>() + 1)}\"", document)));

            // A default that is written down is what a file without the key has.
            if (property["default"] is { } given)
                Assert.Equal(Text(With(at, given.ToJsonString(), document)), Text(document));

            void AssertTaken(params decimal[] numbers) => Assert.All(numbers, n => Assert.Empty(Errors(With(at, Json(n), document))));
            void AssertRefused(params decimal[] numbers) =>
                Assert.All(numbers, n => Assert.Equal(at, Assert.Single(Errors(With(at, Json(n), document))).Path));
        }
    }

    [Theory]
    [MemberData(nameof(Objects))]
    public void Schema_RequiredKeys_AreTheReaders(string path, string definition, string document)
    {
        string[] required = [.. (Definition(definition)["required"]?.AsArray() ?? []).Select(k => k!.GetValue<string>())];
        foreach (string key in Definition(definition)["properties"]!.AsObject().Select(p => p.Key))
        {
            JsonNode root = JsonNode.Parse(document)!;
            JsonNode? parent = path.TrimStart('$', '.')
                .Split('.', StringSplitOptions.RemoveEmptyEntries)
                .Aggregate((JsonNode?)root, (n, part) => part == "stations[0]" ? n?["stations"]?[0] : n?[part]);
            parent?.AsObject().Remove(key);
            Assert.Equal(required.Contains(key), Errors(root.ToJsonString()).Count > 0);
        }
    }

    [Fact]
    public void Schema_StationsAndCommands_AreBoundedAsTheReaderBoundsThem()
    {
        JsonNode stations = Schema["properties"]!["stations"]!;
        Assert.Equal((1, ApplianceConfig.MaxStations), (stations["minItems"]!.GetValue<int>(), stations["maxItems"]!.GetValue<int>()));
        string One(int i) => $$$"""{"name": "s{{{i}}}", "camera": {"kind": "simulated"}}""";
        string Many(int count) => $"[{string.Join(", ", Enumerable.Range(0, count).Select(One))}]";
        Assert.Empty(Errors(With("$.stations", Many(16))));
        Assert.Equal("$.stations", Assert.Single(Errors(With("$.stations", Many(17)))).Path);
        JsonArray commands = Definition("mqtt")["properties"]!["commands"]!["items"]!["enum"]!.AsArray();
        Assert.Empty(Errors(With("$.mqtt.commands", commands.ToJsonString())));
        Assert.Equal(Enum.GetValues<MqttCommand>().Length, commands.Count);
    }

    [Theory]
    [MemberData(nameof(Objects))]
    public void Page_OfTheConfiguration_NamesEveryKey(string path, string definition, string _)
    {
        string page = File.ReadAllText(Fixtures.Path("..", "..", "docs", "configuration.md"));
        Assert.All(
            Definition(definition)["properties"]!.AsObject().Select(p => p.Key).Where(k => k is not "$schema"),
            key =>
                Assert.True(
                    page.Contains($"`{key}`", StringComparison.Ordinal) || page.Contains($"\"{key}\"", StringComparison.Ordinal),
                    $"docs/configuration.md does not name {path}.{key}"
                )
        );
    }

    [Fact]
    public void Example_IsAGoodConfiguration()
    {
        string file = Fixtures.Path("..", "..", "config", "clipfusion.json");
        ApplianceConfig config = ConfigReader.ReadFile(file, []);
        Assert.Equal("/var/lib/clipfusion", config.DataFolder);
        Assert.Contains("\"$schema\": \"clipfusion.schema.json\"", File.ReadAllText(file), StringComparison.Ordinal);
    }

    private static JsonObject Definition(string name) => (name.Length == 0 ? Schema : Schema["$defs"]![name]!).AsObject();

    private static string Json(decimal number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Text(string document) => string.Join('\n', ConfigChange.Between(Read(Least), Read(document)));
}
