namespace ClipFusion.Models.Graph;

/// <summary>An operator was given tensors that it can't take. The message names the operator, what it got and what it wants.</summary>
public sealed class GraphException : Exception
{
    /// <summary>Creates the error.</summary>
    public GraphException(string message)
        : base(message) { }

    /// <summary>Creates the error with its cause.</summary>
    public GraphException(string message, Exception inner)
        : base(message, inner) { }

    /// <summary>Creates the error without a message.</summary>
    public GraphException() { }
}
