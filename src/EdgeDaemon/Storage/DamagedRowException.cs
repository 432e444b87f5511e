namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>A stored row does not hold what a program writes there. It is set aside and never leaves the store.</summary>
/// <param name="number">The row's place in <c>inspections</c>.</param>
/// <param name="reason">Which column, what it holds, what is expected.</param>
internal sealed class DamagedRowException(long number, string reason) : Exception(reason)
{
    /// <summary>The row's place in <c>inspections</c>.</summary>
    public long Number => number;
}
