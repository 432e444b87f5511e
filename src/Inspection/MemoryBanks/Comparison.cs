namespace ClipFusion.Inspection.MemoryBanks;

/// <summary>What an image is compared with in step 5, and how the banks are searched.</summary>
/// <param name="Banks">The references' banks; null for zero-shot.</param>
/// <param name="Parallelism">Threads of the search on the processor, at least 1.</param>
/// <param name="ExcludeReference">Number of the reference image whose rows are left out (leave-one-out), or null.</param>
public sealed record Comparison(ReferenceBanks? Banks, int Parallelism = 1, int? ExcludeReference = null)
{
    /// <summary>Zero-shot: nothing to compare with.</summary>
    public static Comparison None { get; } = new((ReferenceBanks?)null);
}
