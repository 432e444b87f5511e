using ClipFusion.Inspection.Maps;

namespace ClipFusion.Inspection;

/// <summary>
/// What the networks and memory banks say about one image, each map on its own native grid: the input of the fusion. Every branch
/// is the mean of its maps; a branch that was not computed is null or empty.
/// </summary>
public sealed record BranchMaps
{
    /// <summary>No branch at all.</summary>
    public static BranchMaps None { get; } = new();

    /// <summary>M^{CLIP,L} on the patch grid, 0..1.</summary>
    public AnomalyMap? ClipLanguage { get; init; }

    /// <summary>S^{CLIP,L}, 0..1: the same of the class embedding. Needed where <see cref="ClipLanguage"/> is.</summary>
    public float? ClipLanguageScore { get; init; }

    /// <summary>Distances to the bank on the patch grid, one map a block (equation 7 before its mean).</summary>
    public IReadOnlyList<AnomalyMap> ClipVision { get; init; } = [];

    /// <summary>Cross-attention on the latent grid, with the recipe's token normalisation: one map a state (equation 6 before its mean), or
    /// their mean alone.</summary>
    public IReadOnlyList<AnomalyMap> DiffLanguage { get; init; } = [];

    /// <summary>
    /// The same without token normalisation, which S^{Diff,L} is taken from whatever the recipe normalises (equation 10). Needed where the
    /// recipe's token normalisation is <c>content</c>; not looked at where it is <c>none</c>, because <see cref="DiffLanguage"/> is that
    /// already.
    /// </summary>
    public IReadOnlyList<AnomalyMap> DiffLanguageUnnormalized { get; init; } = [];

    /// <summary>Distances to the bank, one map a (timestep, block), each on that block's grid (equation 8 before its mean).</summary>
    public IReadOnlyList<AnomalyMap> DiffVision { get; init; } = [];

    /// <summary>The backbone's distances to the banks, one map a layer, each on that layer's grid.</summary>
    public IReadOnlyList<AnomalyMap> BackboneVision { get; init; } = [];
}
