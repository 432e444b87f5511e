using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ClipFusion.Inspection.Recipes;

namespace ClipFusion.Tests.Inspection;

/// <summary>A golden set: its settings as a recipe, its pictures and its tensors.</summary>
internal sealed class GoldenCase
{
    private static readonly string[] RecipeKeys =
    [
        "object",
        "states",
        "generic_state",
        "normal_prompts",
        "abnormal_prompts",
        "state_prompt",
        "reference_prompt",
        "temperature",
        "token_normalization",
        "language_stream",
        "feature_stream",
        "query_feature_prompt",
        "language_timestep",
        "timestep_blocks",
        "output_size",
        "score_size",
        "smoothing_sigma",
        "alpha_segmentation",
        "alpha_classification",
    ];

    public GoldenCase(string name)
    {
        Name = name;
        JsonObject settings = JsonNode.Parse(File.ReadAllText(Fixtures.Path(name, "golden.json")))!.AsObject();
        var recipe = new JsonObject();
        foreach (string key in RecipeKeys)
            recipe[JsonNamingPolicy.CamelCase.ConvertName(Pascal(key))] = settings[key]?.DeepClone();
        Recipe = RecipeReader.Read(Encoding.UTF8.GetBytes(recipe.ToJsonString()), name);
        VvStart = settings["vv_start"]!.GetValue<int>();
        (string File, string Role)[] images =
        [
            .. settings["images"]!.AsArray().Select(i => (i!["file"]!.GetValue<string>(), i["role"]!.GetValue<string>())),
        ];
        References = [.. images.Where(i => i.Role == "reference").Select(i => Fixtures.Path(name, i.File))];
        Queries =
        [
            .. images.Select((i, n) => (i, n)).Where(x => x.i.Role == "query").Select(x => ($"q{x.n}", Fixtures.Path(name, x.i.File))),
        ];
    }

    public string Name { get; }

    public Recipe Recipe { get; }

    public int VvStart { get; }

    public string[] References { get; }

    public (string Golden, string Path)[] Queries { get; }

    public string Tensors => Fixtures.Path(Name, "golden.safetensors");

    private static string Pascal(string snake) => string.Concat(snake.Split('_').Select(w => char.ToUpperInvariant(w[0]) + w[1..]));
}
