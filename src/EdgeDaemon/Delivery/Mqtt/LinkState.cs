namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>What is wrong with a connection.</summary>
public enum LinkError
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Nobody answers at the address.</summary>
    Unreachable,

    /// <summary>The broker did not answer in time.</summary>
    TimedOut,

    /// <summary>The encrypted connection could not be made: a certificate is not trusted, expired, not yet valid, of another name, or
    /// missing.</summary>
    Tls,

    /// <summary>User name or password are wrong.</summary>
    BadCredentials,

    /// <summary>This client may not connect.</summary>
    NotAuthorized,

    /// <summary>The broker refused for another reason.</summary>
    BrokerRefused,

    /// <summary>A password or certificate file can't be read.</summary>
    BadFile,

    /// <summary>Another client connected under the same client id: a second box with this device's name?</summary>
    SessionTakenOver,

    /// <summary>The connection ended.</summary>
    ConnectionLost,

    /// <summary>Connected, but the broker does not let this client hear its commands.</summary>
    SubscriptionDenied,

    /// <summary>Connected, but the broker does not let this client say that it is there.</summary>
    TopicDenied,

    /// <summary>The broker does not speak the version of MQTT that is configured.</summary>
    ProtocolVersion,

    /// <summary>What answers at the address is no MQTT broker, or its port is for another kind of connection.</summary>
    NotMqtt,

    /// <summary>The broker allows this device one connection: it ended the main one when the one for heatmaps was made, or does not take
    /// that one.</summary>
    OneConnection,
}

/// <summary>How a connection is doing.</summary>
/// <param name="IsConnected">Whether messages can be published.</param>
/// <param name="Since">Wall clock of the last change of <paramref name="IsConnected"/>, UTC.</param>
/// <param name="Error">What is wrong now.</param>
/// <param name="ErrorText">The same for people; null when nothing is wrong.</param>
/// <param name="LastErrorText">What was wrong last, kept while connected; null when nothing ever was.</param>
internal sealed record LinkState(bool IsConnected, DateTimeOffset Since, LinkError Error, string? ErrorText, string? LastErrorText);
