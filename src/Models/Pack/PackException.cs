namespace ClipFusion.Models.Pack;

/// <summary>A model pack can't be built, read or trusted. The message names the file and what was expected.</summary>
public sealed class PackException : Exception
{
    /// <summary>Creates the error.</summary>
    public PackException(string message)
        : base(message) { }

    /// <summary>Creates the error with its cause.</summary>
    public PackException(string message, Exception inner)
        : base(message, inner) { }

    /// <summary>Creates the error without a message.</summary>
    public PackException() { }
}
