using ClipFusion.Imaging;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Graph;
using ClipFusion.Models.Pack;

namespace ClipFusion.TestSupport;

/// <summary>
/// A model pack whose image networks always give what they gave once for one picture: for tests that need the appliance without the
/// networks' work, or with just as much of it as they ask for. The text towers are the source's own. To the program it is a pack like any
/// other.
/// </summary>
internal static class RecordedPack
{
    /// <summary>Runs a pack's image networks on one picture and writes a pack that repeats the results.</summary>
    /// <param name="source">Folder of the pack that is recorded.</param>
    /// <param name="picture">The picture.</param>
    /// <param name="recipe">Whose prompts and timesteps are recorded, in all four branches; another recipe's rows are answered with the
    /// nearest of these.</param>
    /// <param name="target">A folder that does not exist.</param>
    /// <param name="unetProducts">Work of each UNet run: products of two 256 x 256 matrices, 33.5 MFLOP or about half a millisecond of one
    /// core each. A run can be ended between any two.</param>
    public static PackManifest Write(string source, ImageView picture, Recipe recipe, string target, int unetProducts = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(unetProducts);
        Directory.CreateDirectory(target);
        using ModelPack pack = ModelPack.Open(source);
        using var recording = Recording.Of(pack, picture, recipe);
        GraphEntry[] kept = [.. pack.Manifest.Graphs.Where(g => g.Name is GraphNames.ClipText or GraphNames.DiffusionText)];
        // The appliance never runs the graphs that are for comparisons.
        GraphEntry[] recorded =
        [
            .. pack.Manifest.Graphs.Where(g =>
                !kept.Contains(g) && !GraphNames.IsForComparisons(g.Name) && g is { Debug: false, Target: GraphTarget.OnnxRuntime }
            ),
        ];
        string[] copied =
        [
            .. kept.SelectMany(g => (string[])[g.File, GraphNames.WeightFile(g.Name)]),
            GraphNames.ClipVocabulary,
            GraphNames.ClipMerges,
            GraphNames.DiffusionVocabulary,
            GraphNames.DiffusionMerges,
        ];
        foreach (string file in copied.Distinct())
            File.Copy(Path.Combine(source, file), Path.Combine(target, file));

        var graphs = new RecordedGraphs(recording, target);
        foreach (GraphEntry graph in recorded)
            graphs.Write(graph, unetProducts);
        graphs.Dispose();

        PackManifest manifest = pack.Manifest with
        {
            Name = "recorded",
            Notice =
                "Recorded pack, for tests only: its networks give the same results whatever picture they are shown. It inspects nothing.",
            Graphs = [.. kept, .. recorded],
            // Its evidence is not recorded.
            Backbone = null,
            Files = [.. Directory.EnumerateFiles(target).Order(StringComparer.Ordinal).Select(f => PackFiles.Hash(target, f))],
        };
        File.WriteAllBytes(Path.Combine(target, PackManifest.FileName), ManifestJson.Write(manifest));
        return manifest;
    }
}
