using System.Text.Json.Nodes;
using ClipFusion.Imaging;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;
using ClipFusion.OnnxInference;

namespace ClipFusion.Tests.Models.Pack;

/// <summary>A manifest may come from anywhere: whatever stands in it, the answer is an error that names it, or a check that finds nothing
/// wrong.</summary>
[Trait("speed", "slow")]
public sealed class PackManifestMutationTests : IDisposable
{
    private static readonly string[] Replacements =
    [
        "null",
        "-1",
        "99999999999999999999",
        "1.5",
        "true",
        "\"\"",
        "\"nul\\u0000byte\"",
        "\"..\"",
        "[]",
        "[null]",
        "{}",
    ];
    private readonly TemporaryFolder _folder = new();
    private readonly string _pack;
    private readonly string _manifest;

    public PackManifestMutationTests(TinyPacks packs)
    {
        _pack = packs.Copy(_folder["pack"]);
        _manifest = Path.Combine(_pack, PackManifest.FileName);
    }

    [Fact]
    public void Verify_OfAnyValueReplacedOrRemoved_ThrowsNothingButPackException()
    {
        string whole = File.ReadAllText(_manifest);
        string[] places = [.. Places(JsonNode.Parse(whole)!).Distinct()];
        Assert.True(places.Length > 60, $"only {places.Length} places");
        List<string> crashes = [];
        foreach (string place in places)
        {
            foreach (string? replacement in Replacements.Append(null))
            {
                File.WriteAllText(_manifest, Replaced(whole, place, replacement));
                try
                {
                    PackVerifier.Verify(_pack, cancellation: TestContext.Current.CancellationToken);
                }
                catch (PackException)
                {
                    // The answer that is wanted.
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    crashes.Add($"{place} = {replacement ?? "(removed)"}: {e.GetType().Name}: {e.Message}");
                }
            }
        }

        Assert.True(crashes.Count == 0, string.Join(Environment.NewLine, crashes.Take(20)));
    }

    [Fact]
    public void OpenAndJudge_WithAnyHostileNumber_ThrowNothingButWhatTheyDocument()
    {
        string[] numbers = ["0", "1", "-1", "7", "2147483647", "-2147483648", "9223372036854775807", "1e300", "-0.5"];
        string whole = File.ReadAllText(_manifest);
        // What follows is about the numbers only if the pack is good without them.
        Judge();
        List<string> crashes = [];
        foreach (
            string place in Places(JsonNode.Parse(whole)!)
                .Distinct()
                .Where(p => At(JsonNode.Parse(whole)!, p) is JsonValue v && v.GetValueKind() == System.Text.Json.JsonValueKind.Number)
        )
        {
            foreach (string number in numbers)
            {
                File.WriteAllText(_manifest, Replaced(whole, place, number));
                try
                {
                    Judge();
                }
                catch (Exception e) when (e is PackException or NetworkException or ArgumentException)
                {
                    // The answers that are documented.
                }
                catch (Exception e)
                {
                    crashes.Add($"{place} = {number}: {e.GetType().Name}: {e.Message}");
                }
            }
        }

        Assert.True(crashes.Count == 0, string.Join(Environment.NewLine, crashes.Take(20)));
    }

    public void Dispose() => _folder.Dispose();

    private void Judge()
    {
        using ModelPack pack = ModelPack.Open(_pack);
        using Inspector inspector = Inspector.Create(
            pack,
            Recipe.Default("part") with
            {
                TimestepBlocks = [new(1, 1)],
            },
            cancellation: TestContext.Current.CancellationToken
        );
        var picture = new RgbImage(24, 24);
        inspector.Enroll(1, (_, use) => use(picture.View), cancellation: TestContext.Current.CancellationToken);
        inspector.Inspect(picture.View, cancellation: TestContext.Current.CancellationToken);
    }

    private static JsonNode? At(JsonNode root, string place) =>
        place
            .Split('/', StringSplitOptions.RemoveEmptyEntries)
            .Aggregate((JsonNode?)root, (n, s) => n is JsonArray a ? a[int.Parse(s)] : n![s]);

    /// <summary>Every value of the manifest by its path, of lists the first element only.</summary>
    private static IEnumerable<string> Places(JsonNode node) =>
        node switch
        {
            JsonObject o => o.SelectMany(p =>
                p.Value is null ? [$"/{p.Key}"] : Places(p.Value).Select(rest => $"/{p.Key}{rest}").Prepend($"/{p.Key}")
            ),
            JsonArray { Count: > 0 } a => Places(a[0]!).Select(rest => $"/0{rest}").Prepend("/0"),
            _ => [""],
        };

    private static string Replaced(string json, string place, string? replacement)
    {
        JsonNode root = JsonNode.Parse(json)!;
        string[] steps = place.Split('/', StringSplitOptions.RemoveEmptyEntries);
        JsonNode parent = steps.SkipLast(1).Aggregate(root, (n, s) => n is JsonArray a ? a[int.Parse(s)]! : n[s]!);
        JsonNode? value = replacement is null ? null : JsonNode.Parse(replacement);
        if (parent is JsonArray list)
        {
            if (replacement is null)
                list.RemoveAt(0);
            else
                list[0] = value;
        }
        else if (replacement is null)
            parent.AsObject().Remove(steps[^1]);
        else
            parent[steps[^1]] = value;
        return root.ToJsonString();
    }
}
