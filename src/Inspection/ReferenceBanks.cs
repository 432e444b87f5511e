using ClipFusion.Inspection.Recipes;

namespace ClipFusion.Inspection;

/// <summary>The memory banks of one recipe's reference images: one per CLIP block (equation 7), one per (timestep, decoder block) (equation 8).</summary>
/// <param name="Images">How many reference images went in.</param>
/// <param name="Clip">In the order of the pack's blocks; empty where the recipe does not use them.</param>
/// <param name="Diffusion">In the order of the recipe's timestep-block pairs; empty where the recipe does not use them.</param>
public sealed record ReferenceBanks(int Images, IReadOnlyList<MemoryBank> Clip, IReadOnlyList<MemoryBank> Diffusion)
{
    /// <summary>The branches that these banks can serve.</summary>
    public Branches Branches => (Clip.Count > 0 ? Branches.ClipVision : Branches.None) | (Diffusion.Count > 0 ? Branches.DiffVision : Branches.None);
}
