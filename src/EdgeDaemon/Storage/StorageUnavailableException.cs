namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>Nothing can be stored at present: a trigger must be refused, and no verdict may go out.</summary>
internal sealed class StorageUnavailableException : Exception
{
    /// <summary>An exception for a condition that does not allow writing.</summary>
    /// <param name="condition">DiskFull, Locked or Failed.</param>
    /// <param name="message">What is wrong, where, and what would help.</param>
    /// <param name="innerException">The error of the database or disk, where there is one.</param>
    public StorageUnavailableException(StorageCondition condition, string message, Exception? innerException = null)
        : base(message, innerException) => Condition = condition;

    /// <summary>DiskFull, Locked or Failed.</summary>
    public StorageCondition Condition { get; }
}
