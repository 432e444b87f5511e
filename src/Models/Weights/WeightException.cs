namespace ClipFusion.Models.Weights;

/// <summary>A weight file is missing, malformed, or not what a network needs; the message names the file, the tensor, what was expected and
/// what was found.</summary>
public sealed class WeightException : Exception
{
    /// <summary>Creates the exception without a message; present for serialisers and tools only.</summary>
    public WeightException() { }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">File, tensor, expected and found.</param>
    public WeightException(string message)
        : base(message) { }

    /// <summary>Creates the exception with the error that caused it.</summary>
    /// <param name="message">File, tensor, expected and found.</param>
    /// <param name="innerException">The I/O or JSON error underneath.</param>
    public WeightException(string message, Exception innerException)
        : base(message, innerException) { }
}
