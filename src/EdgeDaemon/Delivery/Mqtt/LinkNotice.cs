namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>Something about the connection that is worth a line in the log and is no change of its state.</summary>
internal abstract record LinkNotice
{
    /// <summary>A topic costs the connection each time.</summary>
    /// <param name="Topic">The topic.</param>
    /// <param name="For">How long nothing is sent there.</param>
    public sealed record Denied(string Topic, TimeSpan For) : LinkNotice;

    /// <summary>The broker allows the device one connection.</summary>
    /// <param name="Why">How that was found out.</param>
    /// <param name="For">How long until a second one is tried again.</param>
    public sealed record OneConnection(string Why, TimeSpan For) : LinkNotice;

    /// <summary>The broker does not let the device listen to its own topics, so its rights there are unknown.</summary>
    public sealed record NotTestable : LinkNotice;
}
