using ClipFusion.Inspection.Maps;
using ClipFusion.Inspection.MemoryBanks;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;
using ClipFusion.OnnxInference.Sessions;

namespace ClipFusion.Inspection;

/// <summary>What the denoiser says, read: the states' maps and the distances to the banks. Safe for several threads.</summary>
internal sealed class MapDiff(DiffusionPart part, Recipe recipe)
{
    /// <summary>Per state M^{Diff,L} on the latent grid (equation 6 before its mean): as fused, and without token normalisation for
    /// equation 10.</summary>
    public (AnomalyMap[] Maps, AnomalyMap[] Unnormalized) Language(NetworkOutputs o, DiffusionPlan plan)
    {
        AnomalyMap[] Take(string output) =>
            [.. plan.LanguageRows.Select(row => new AnomalyMap(part.LatentSize, part.LatentSize, o.Row(output, row).ToArray()))];
        AnomalyMap[] maps = Take(GraphNames.StateMaps);
        return (maps, recipe.TokenNormalization == TokenNormalization.None ? maps : Take(GraphNames.StateMapsUnnormalized));
    }

    /// <summary>Distances to the bank of each (timestep, block) (equation 8 before its mean).</summary>
    public IReadOnlyList<AnomalyMap> Vision(NetworkOutputs o, DiffusionPlan plan, IReadOnlyList<MemoryBank> banks, BankSearch search) =>
        search.Run([
            .. plan.Features.Select(
                (f, i) => new BankQuery(banks[i], o, GraphNames.Features(f.At.Block), f.Row, part.Decoder[f.At.Block].GridSize)
            ),
        ]);

    /// <summary>Unit features of each (timestep, block), copied: rows of the banks.</summary>
    public static float[][] ReferenceRows(NetworkOutputs o, DiffusionPlan plan) =>
        [.. plan.Features.Select(f => o.Row(GraphNames.Features(f.At.Block), f.Row).ToArray())];
}
