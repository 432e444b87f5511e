using ClipFusion.Inspection.Maps;
using ClipFusion.Inspection.MemoryBanks;
using ClipFusion.Models.Pack;
using ClipFusion.OnnxInference.Sessions;

namespace ClipFusion.Inspection;

/// <summary>What the backbone says, read: the distances to the banks of each layer. Safe for several threads.</summary>
internal sealed class BackboneVision(BackbonePart part)
{
    private readonly string[] _features = [.. part.Layers.Select((_, i) => GraphNames.BackboneFeatures(i))];
    private readonly int[] _sides = [.. part.Layers.Select(l => l.GridSize)];

    /// <summary>Distances to the bank of each layer.</summary>
    public IReadOnlyList<AnomalyMap> Vision(NetworkOutputs o, ReferenceBanks banks, BankSearch search) =>
        banks.BackboneNear.Count > 0
            ? search.Run(banks.BackboneNear, o, _features, _sides)
            : search.Run([.. _features.Select((name, i) => new BankQuery(banks.Backbone[i], o, name, 0, _sides[i]))]);

    /// <summary>Unit features of each layer, copied: rows of the banks.</summary>
    public float[][] ReferenceRows(NetworkOutputs o) => [.. _features.Select(name => o.Row(name, 0).ToArray())];
}
