namespace ClipFusion.EdgeDaemon.Runtime;

/// <summary>Exceptions in words for people.</summary>
internal static class ErrorText
{
    /// <summary>The message without the name of a parameter of ours, which says nothing to whoever reads it.</summary>
    public static string Of(Exception error)
    {
        if (error is not ArgumentException { ParamName: { Length: > 0 } name })
            return error.Message;
        int at = error.Message.IndexOf($" (Parameter '{name}')", StringComparison.Ordinal);
        return at > 0 ? error.Message[..at] : error.Message;
    }
}
