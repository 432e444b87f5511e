using System.Text.Json;
using System.Text.Json.Serialization;
using ClipFusion.Foundation.Files;

namespace ClipFusion.Evaluation.Results;

/// <summary>One run: a method on a category with the references of one draw. Holds nothing that differs between two runs of the same, so no
/// times.</summary>
/// <param name="Fingerprint">Changes with every setting and input file that the run depends on.</param>
/// <param name="Category">The category.</param>
/// <param name="ObjectWord">What prompts called the object.</param>
/// <param name="Method">The row.</param>
/// <param name="Shots">References per category.</param>
/// <param name="Seed">The draw's seed; 0 without references.</param>
/// <param name="References">The references, in the order drawn.</param>
/// <param name="Metrics">By <see cref="MetricColumns"/>.</param>
/// <param name="Notes">Why a metric is missing, and pictures that could not be judged.</param>
/// <param name="Curves">By name ("image_roc", "pixel_roc", "pro"), points (false positive rate, height) from (0, 0) or above to the right;
/// thinned out, for drawing only.</param>
/// <param name="Images">Every judged picture.</param>
/// <param name="Scale">The scale of its heatmaps; null where none were drawn.</param>
public sealed record RunRecord(
    string Fingerprint,
    string Category,
    string ObjectWord,
    string Method,
    int Shots,
    int Seed,
    IReadOnlyList<DrawnReference> References,
    IReadOnlyDictionary<string, double> Metrics,
    IReadOnlyList<string> Notes,
    IReadOnlyDictionary<string, IReadOnlyList<double[]>> Curves,
    IReadOnlyList<ImageScore> Images,
    HeatmapScale? Scale = null
);

/// <summary>A drawn reference.</summary>
/// <param name="Index">Its number among the category's good pictures by name, from 0.</param>
/// <param name="Id">Its path in the data set.</param>
public sealed record DrawnReference(int Index, string Id);

/// <summary>One picture's score.</summary>
/// <param name="Id">Its path in the data set.</param>
/// <param name="Defect">Its defect, or good.</param>
/// <param name="Score">The method's score.</param>
/// <param name="Heatmap">File of its heatmap from the results' folder, for the pictures that are shown; else null.</param>
/// <param name="Truth">File of the picture itself, with the outline of its mask where it has one; null where it is not shown.</param>
/// <param name="Outlined">Whether it has that outline.</param>
public sealed record ImageScore(string Id, string Defect, float Score, string? Heatmap, string? Truth = null, bool Outlined = false);

/// <summary>The scale of a run's heatmaps.</summary>
/// <param name="Low">Where colour begins.</param>
/// <param name="High">Full colour.</param>
public sealed record HeatmapScale(float Low, float High);

/// <summary>The files that hold runs, one each; a run is there when its file is.</summary>
internal sealed class RunFiles(string folder)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    private const int MaxBytes = 64 << 20;

    /// <summary>The run of a name, if it was made from the same.</summary>
    public RunRecord? Find(string category, string method, int shots, int seed, string fingerprint)
    {
        string path = PathOf(category, method, shots, seed);
        if (!File.Exists(path))
            return null;
        try
        {
            return
                JsonSerializer.Deserialize<RunRecord>(RegularFile.ReadAllBytes(path, MaxBytes), Json) is { } run
                && run.Fingerprint == fingerprint
                ? run
                : null;
        }
        catch (JsonException)
        {
            // Another version's, or somebody's edit: it is made again.
            return null;
        }
    }

    public void Write(RunRecord run)
    {
        string path = PathOf(run.Category, run.Method, run.Shots, run.Seed);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        AtomicFile.Write(path, Durability.PowerCut, stream => JsonSerializer.Serialize(stream, run, Json));
    }

    private string PathOf(string category, string method, int shots, int seed) =>
        Path.Combine(folder, category, $"{method}-k{shots}-seed{seed}.json");
}
