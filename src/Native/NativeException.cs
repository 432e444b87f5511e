namespace ClipFusion.Native;

/// <summary>A call of the native library failed for a reason that has no exception type of its own in .NET.</summary>
public sealed class NativeException : Exception
{
    /// <summary>An error with the library's own words.</summary>
    public NativeException(NativeStatus status, string message)
        : base(message) => Status = status;

    /// <summary>The reason.</summary>
    public NativeStatus Status { get; }

    /// <summary>The exception that fits a status: <see cref="ArgumentException"/> for what the caller gave, and so on.</summary>
    internal static Exception For(NativeStatus status, string message, CancellationToken cancellation = default) =>
        status switch
        {
            NativeStatus.BadArgument or NativeStatus.BadVector => new ArgumentException(message),
            NativeStatus.Empty => new InvalidOperationException(message),
            NativeStatus.Cancelled => new OperationCanceledException(message, cancellation),
            NativeStatus.InputOutput => new IOException(message),
            NativeStatus.BadFile => new InvalidDataException(message),
            NativeStatus.Unsupported or NativeStatus.NoDevice => new NotSupportedException(message),
            _ => new NativeException(status, message),
        };
}
