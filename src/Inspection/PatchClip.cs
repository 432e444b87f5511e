using ClipFusion.Inspection.Maps;
using ClipFusion.Inspection.MemoryBanks;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;
using ClipFusion.OnnxInference.Sessions;

namespace ClipFusion.Inspection;

/// <summary>What CLIP's image tower says, read: the language map, the class score and the distances to the banks. Safe for several
/// threads.</summary>
internal sealed class PatchClip(ClipPart part, Recipe recipe, TextPrompts prompts)
{
    private readonly string _patches = ClipOutputs.Patches(recipe);
    private readonly string[] _features = ClipOutputs.Features(recipe, part);

    /// <summary>M^{CLIP,L} and S^{CLIP,L} (equation 1).</summary>
    public (AnomalyMap Map, float Score) Language(NetworkOutputs o)
    {
        double temperature = recipe.Temperature ?? 1 / (double)part.LogitScale;
        var map = new AnomalyMap(part.GridSize, part.GridSize);
        LanguageScore.Softmax(o.Row(_patches, 0), prompts.Normal, prompts.Abnormal, temperature, map.Values);
        Span<float> score = stackalloc float[1];
        LanguageScore.Softmax(o.Row(GraphNames.Class, 0), prompts.Normal, prompts.Abnormal, temperature, score);
        return (map, score[0]);
    }

    /// <summary>Distances to the bank of each block (equation 7 before its mean).</summary>
    public IReadOnlyList<AnomalyMap> Vision(NetworkOutputs o, IReadOnlyList<MemoryBank> banks, BankSearch search) =>
        search.Run([.. _features.Select((name, i) => new BankQuery(banks[i], o, name, 0, part.GridSize))]);

    /// <summary>Unit features of each block, copied: rows of the banks.</summary>
    public float[][] ReferenceRows(NetworkOutputs o) => [.. _features.Select(name => o.Row(name, 0).ToArray())];
}
