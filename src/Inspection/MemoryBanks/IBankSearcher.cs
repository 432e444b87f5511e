namespace ClipFusion.Inspection.MemoryBanks;

/// <summary>The rows of one memory bank in the form in which the host searches them; every implementation names the same rows.</summary>
internal interface IBankSearcher
{
    /// <summary>What searches them, for logs.</summary>
    string Kernel { get; }

    /// <summary><see cref="MemoryBank.Search"/>, whose checks have been made.</summary>
    void Search(
        ReadOnlySpan<float> queries,
        Span<float> distances,
        Span<int> nearest,
        int? exclude,
        int parallelism,
        CancellationToken cancellation
    );
}
