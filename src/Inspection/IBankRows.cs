namespace ClipFusion.Inspection;

/// <summary>The rows of a memory bank in the form in which they are searched.</summary>
internal interface IBankRows
{
    /// <summary>What searches them, for logs.</summary>
    string Kernel { get; }

    /// <summary><see cref="MemoryBank.Search"/>, whose checks have been made.</summary>
    void Search(ReadOnlySpan<float> queries, Span<float> distances, Span<int> nearest, int? exclude, int parallelism, CancellationToken cancellation);
}
