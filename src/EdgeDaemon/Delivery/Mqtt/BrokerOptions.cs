using ClipFusion.EdgeDaemon.Domain;

namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>Encryption of the connection.</summary>
/// <param name="CaFile">PEM file with the certificates that the broker's may descend from; null for the system's.</param>
/// <param name="CertificateFile">PEM file with this device's certificate; null for none.</param>
/// <param name="KeyFile">PEM file with its key; null when it is in the certificate's file.</param>
/// <param name="ServerName">Name that the broker's certificate must carry; null for the host.</param>
internal sealed record BrokerTls(string? CaFile = null, string? CertificateFile = null, string? KeyFile = null, string? ServerName = null);

/// <summary>Where the broker is and how it is spoken to. Files are read anew at each attempt, so that they can be replaced under
/// way.</summary>
internal sealed record BrokerOptions
{
    /// <summary>Name or address.</summary>
    public required string Host { get; init; }

    /// <summary>TCP port.</summary>
    public int Port { get; init; } = 1883;

    /// <summary>Version of the protocol.</summary>
    public MqttVersion Version { get; init; } = MqttVersion.V5;

    /// <summary>User name; null for none.</summary>
    public string? UserName { get; init; }

    /// <summary>File whose first line is the password; null for none.</summary>
    public string? PasswordFile { get; init; }

    /// <summary>Encryption; null for none.</summary>
    public BrokerTls? Tls { get; init; }

    /// <summary>Longest silence before a ping; the broker publishes the will after one and a half of it.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Longest wait for any answer of the broker; then the connection counts as dead.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>First wait before another attempt; doubled at each failure.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Longest wait before another attempt.</summary>
    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a connection must stand to be a success: the waits go on growing over those that end earlier.</summary>
    public TimeSpan StableAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Longest wait after another client took the session over, without a sign of that one's life: two boxes of one name must not throw
    /// each other out all day. Drawn between half and all of it; a sixth when the other one says that it goes.
    /// </summary>
    public TimeSpan TakenOverDelay { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Largest packet in bytes that the broker may send; larger ones it drops (MQTT 5).</summary>
    public uint MaximumIncomingPacket { get; init; } = 2 << 20;

    /// <summary>Most publishes without an answer, however many the broker would take.</summary>
    public int MaximumInFlight { get; init; } = 32;
}
