using System.Text;

namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>Sizes of PUBLISH packets: a broker ends the connection of a client that sends more than it allows, so one must know
/// before.</summary>
internal static class PacketSize
{
    /// <summary>Bytes of the packet on the wire, fixed header included (MQTT 5, section 3.3).</summary>
    public static long Of(OutMessage message)
    {
        long properties = 3 + Encoding.UTF8.GetByteCount(message.ContentType);
        if (message.Expiry is not null)
            properties += 5;
        if (message.CorrelationData is { } data)
            properties += 3 + data.Length;
        foreach (var (key, value) in message.UserProperties)
            properties += 5 + Encoding.UTF8.GetByteCount(key) + Encoding.UTF8.GetByteCount(value);

        long remaining =
            2
            + Encoding.UTF8.GetByteCount(message.Topic)
            + (message.Acknowledged ? 2 : 0)
            + LengthOfVariable(properties)
            + properties
            + message.Payload.Length;
        return 1 + LengthOfVariable(remaining) + remaining;
    }

    private static int LengthOfVariable(long value) =>
        value < 1 << 7 ? 1
        : value < 1 << 14 ? 2
        : value < 1 << 21 ? 3
        : 4;
}
