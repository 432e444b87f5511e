using System.Text.Json;
using ClipFusion.ApplianceTests.Box;

namespace ClipFusion.ApplianceTests.Integrators;

/// <summary>Recipe files as an editor with <c>docs/recipe.schema.json</c> sees them, by a validator of others.</summary>
public sealed class RecipeSchemaTests : IDisposable
{
    private const string EveryKey = """
        {
          "$schema": "../docs/recipe.schema.json", // for the editor
          "number": 12, "name": "metal-nut", "object": "metal nut", "states": ["rust"], "profile": "mapdiff", "ignore": "masks/nut.png", "deadlineMs": 800,
          "thresholds": {"clipfusion": {"fewShot": 0.61, "zeroShot": 0.4}, "mapdiff": {"zeroShot": 1}, "patchclip": {"fewShot": null}},
          "greyBand": {"clipfusion": {"fewShot": 0.03}}, "mapThresholds": {"patchclip": {"fewShot": 0.7}},
          "imageChecks": {"width": 2448, "height": 2048, "minBrightness": 20.5, "maxBrightness": 230, "maxClipped": 0.05, "minSharpness": 80},
          "references": ["refs/1.png", "refs/2.png"]
        }
        """;

    private readonly CancellationTokenSource _limit = new(TimeSpan.FromMinutes(5));
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Recipes_ThatTheProgramTakesAndWrites_AreValid()
    {
        await using (var demo = new DemoProcess("--broker-port", "0", "--http-port", "0", "--duration", "1", "--data", _folder.Root))
            Assert.Equal(0, await demo.EndAsync(_limit.Token));
        (_, string output, string errors) = await ValidateAsync(
            ("example", await File.ReadAllTextAsync(Path.Combine(Checkers.Root, "config", "example.recipe.json"), _limit.Token)),
            ("every key", EveryKey),
            ("inspect's", """{"object":"nut"}"""),
            (
                "a backbone's",
                """
                {"object":"nut","branches":["backboneVision"],"profile":"backbone","backboneWeight":0.5,"backboneScore":"top1",
                 "positionRadius":3,"referenceTurns":false,"fallbackProfile":null,"thresholds":{"backbone":{"fewShot":0.1}}}
                """
            ),
            ("the demo's", await File.ReadAllTextAsync(_folder["recipes", "demo.json"], _limit.Token))
        );
        Assert.Equal(("", ""), (output, errors));
    }

    [Fact]
    public async Task Recipes_ThatTheProgramRefuses_AreNotValid()
    {
        (string Name, string Json)[] wrong =
        [
            ("an unknown key", """{"object":"nut","colour":1}"""),
            ("no object", """{"number":1,"name":"nut"}"""),
            ("a number alone", """{"object":"nut","number":1}"""),
            ("a great number", """{"object":"nut","number":1000,"name":"nut"}"""),
            ("a name of digits", """{"object":"nut","number":1,"name":"17"}"""),
            ("a threshold above 2", """{"object":"nut","thresholds":{"clipfusion":{"fewShot":2.1}}}"""),
            ("an unknown profile", """{"object":"nut","thresholds":{"resnet":{}}}"""),
            ("a reference outside", """{"object":"nut","references":["../a.png"]}"""),
            ("an absolute reference", """{"object":"nut","references":["/a.png"]}"""),
            ("no width", """{"object":"nut","imageChecks":{"width":0}}"""),
            ("a weight below 0", """{"object":"nut","backboneWeight":-1}"""),
            ("a slow fallback", """{"object":"nut","fallbackProfile":"mapdiff"}"""),
        ];
        (int code, string output, _) = await ValidateAsync(wrong);
        Assert.Equal(1, code);
        Assert.All(wrong, w => Assert.Contains($"{w.Name}: ", output, StringComparison.Ordinal));
    }

    public void Dispose()
    {
        _folder.Dispose();
        _limit.Dispose();
    }

    private Task<(int Code, string Output, string Errors)> ValidateAsync(params (string Name, string Json)[] recipes)
    {
        // On one line, and without comments, which editors skip and this validator does not know.
        IEnumerable<string> lines = recipes.Select(r =>
        {
            using JsonDocument document = JsonDocument.Parse(
                r.Json,
                new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip }
            );
            return $"{r.Name}\t\t{JsonSerializer.Serialize(document.RootElement)}";
        });
        return Checkers.RunAsync(
            "node",
            [Path.Combine(Checkers.Root, "tests", "Checkers", "validate.js"), Checkers.Doc("recipe.schema.json")],
            _limit.Token,
            string.Join('\n', lines)
        );
    }
}
