namespace ClipFusion.Models.Checkpoints;

/// <summary>A weight folder is incomplete, or its configuration asks for something that this product would compute differently; the message
/// names file, key, what was found and what is supported, all problems at once.</summary>
public sealed class FolderException : Exception
{
    /// <summary>Creates the exception without a message; present for serialisers and tools only.</summary>
    public FolderException() { }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">File, key, found and supported.</param>
    public FolderException(string message)
        : base(message) { }

    /// <summary>Creates the exception with the error that caused it.</summary>
    /// <param name="message">File, key, found and supported.</param>
    /// <param name="innerException">The I/O or JSON error underneath.</param>
    public FolderException(string message, Exception innerException)
        : base(message, innerException) { }
}
