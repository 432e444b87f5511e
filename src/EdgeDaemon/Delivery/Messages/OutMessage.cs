namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>Something to be published.</summary>
/// <param name="Topic">Where.</param>
/// <param name="Payload">What; owned by the message.</param>
internal sealed record OutMessage(string Topic, ReadOnlyMemory<byte> Payload)
{
    /// <summary>Whether the broker keeps it for later subscribers.</summary>
    public bool Retain { get; init; }

    /// <summary>Whether the broker acknowledges it (QoS 1) or not (QoS 0).</summary>
    public bool Acknowledged { get; init; } = true;

    /// <summary>How long the broker may hold it, whole seconds; null for ever. MQTT 5 only.</summary>
    public TimeSpan? Expiry { get; init; }

    /// <summary>The caller's correlation data, echoed; null for none. MQTT 5 only.</summary>
    public byte[]? CorrelationData { get; init; }

    /// <summary>Media type. MQTT 5 only.</summary>
    public string ContentType { get; init; } = "application/json";

    /// <summary>User properties. MQTT 5 only.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> UserProperties { get; init; } = [];
}

/// <summary>What became of a publish.</summary>
internal enum PublishStatus
{
    /// <summary>The broker took it ("no matching subscribers" included).</summary>
    Delivered,

    /// <summary>The broker said no, or would: not authorised, quota, too large.</summary>
    Refused,

    /// <summary>Nothing was sent: there is no connection.</summary>
    NotSent,

    /// <summary>It was sent and the connection ended before the answer: it may have arrived.</summary>
    Unknown,
}

/// <summary>What became of a publish.</summary>
/// <param name="Status">In a word.</param>
/// <param name="Why">For people; null when delivered.</param>
internal readonly record struct PublishOutcome(PublishStatus Status, string? Why = null)
{
    /// <summary>Delivered to a broker that answered "no matching subscribers" (0x10): nobody heard it. Never with MQTT 3.1.1, which has no
    /// such answer.</summary>
    public bool IsUnheard { get; init; }
}

/// <summary>Publishes one message and waits for the broker's answer; never throws but for its cancellation.</summary>
internal delegate Task<PublishOutcome> Publish(OutMessage message, CancellationToken cancellationToken);

/// <summary>Gives a message its place in the order of the connection; the task inside ends with the broker's answer. Neither throws but for
/// the cancellation.</summary>
internal delegate ValueTask<Task<PublishOutcome>> Send(OutMessage message, CancellationToken cancellationToken);
