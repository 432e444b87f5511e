using ClipFusion.Inspection.MemoryBanks;

namespace ClipFusion.Evaluation.Baselines.Learned;

/// <summary>Distances of patches to those of references, by the product's own search.</summary>
internal static class NearestPatches
{
    /// <summary>A bank of references.</summary>
    /// <param name="references">Raw features [P, W] of each.</param>
    /// <param name="width">W.</param>
    public static MemoryBank Bank(IReadOnlyList<float[]> references, int width) =>
        MemoryBank.Create([.. references.Select(r => new ReferenceFeatures(r))], width);

    /// <summary>(1 - largest cosine to any row of the bank)/2 of each patch.</summary>
    /// <param name="patches">Raw features [P, W].</param>
    /// <param name="bank">The bank.</param>
    public static float[] Distances(ReadOnlySpan<float> patches, MemoryBank bank)
    {
        float[] unit = new float[patches.Length];
        UnitRows.Normalize(patches, bank.Dimension, unit, "a picture's patches");
        float[] distances = new float[patches.Length / bank.Dimension];
        bank.Search(unit, distances);
        return distances;
    }
}
