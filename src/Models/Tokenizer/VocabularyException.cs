namespace ClipFusion.Models.Tokenizer;

/// <summary>A tokeniser file (<c>vocab.json</c>, <c>merges.txt</c>) is missing or malformed; the message names the file, the place in it,
/// what was found and what is expected.</summary>
public sealed class VocabularyException : Exception
{
    /// <summary>Creates the exception without a message; present for serialisers and tools only.</summary>
    public VocabularyException() { }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">File, place, found and expected.</param>
    public VocabularyException(string message)
        : base(message) { }

    /// <summary>Creates the exception with the error that caused it.</summary>
    /// <param name="message">File, place, found and expected.</param>
    /// <param name="innerException">The I/O or JSON error underneath.</param>
    public VocabularyException(string message, Exception innerException)
        : base(message, innerException) { }
}
