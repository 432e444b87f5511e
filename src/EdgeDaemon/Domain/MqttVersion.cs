namespace ClipFusion.EdgeDaemon.Domain;

/// <summary>Version of the protocol that the broker is spoken to with.</summary>
public enum MqttVersion
{
    /// <summary>MQTT 5: reason codes, expiry, retained commands are told apart.</summary>
    V5,

    /// <summary>MQTT 3.1.1, for old gateways.</summary>
    V311,
}
