using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.Foundation.Files;
using MQTTnet;

namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>Gives failures of a connection their names.</summary>
internal static class LinkErrors
{
    /// <summary>What a broker's CONNACK to an attempt in some version means.</summary>
    public static (LinkError Error, string Text) Of(MqttClientConnectResult result, MqttVersion version)
    {
        // Brokers that know 3.1.1 alone answer a 5 with that version's number for it.
        const int UnsupportedBy311 = 1;
        if (result.ResultCode == MqttClientConnectResultCode.UnsupportedProtocolVersion || (int)result.ResultCode == UnsupportedBy311)
            return OfVersion(version);
        var error = result.ResultCode switch
        {
            MqttClientConnectResultCode.BadUserNameOrPassword => LinkError.BadCredentials,
            MqttClientConnectResultCode.NotAuthorized or MqttClientConnectResultCode.Banned => LinkError.NotAuthorized,
            _ => LinkError.BrokerRefused,
        };
        return (error, $"the broker refused the connection: {result.ResultCode} {result.ReasonString}".TrimEnd());
    }

    /// <summary>Why a connection ended.</summary>
    public static (LinkError Error, string Text) Of(MqttClientDisconnectedEventArgs e) =>
        e.Reason switch
        {
            MqttClientDisconnectReason.SessionTakenOver => (
                LinkError.SessionTakenOver,
                $"another client connected with the same client id: {SecondBox}"
            ),
            MqttClientDisconnectReason.KeepAliveTimeout => (LinkError.TimedOut, "the broker heard nothing within the keep-alive time"),
            MqttClientDisconnectReason.NotAuthorized => (LinkError.NotAuthorized, "the broker ended the connection: not authorised"),
            MqttClientDisconnectReason.NormalDisconnection or MqttClientDisconnectReason.UnspecifiedError => (
                LinkError.ConnectionLost,
                e.Exception is { } exception ? $"the connection ended: {Innermost(exception)}" : "the connection ended"
            ),
            var reason => (LinkError.ConnectionLost, $"the broker ended the connection: {reason} {e.ReasonString}".TrimEnd()),
        };

    /// <summary>What an exception of a connection attempt means.</summary>
    public static (LinkError Error, string Text) Of(Exception e, BrokerOptions broker)
    {
        string where = $"{broker.Host}:{broker.Port}";
        return Chain(e)
            .Select(x =>
                x switch
                {
                    AuthenticationException => (LinkError.Tls, $"{where}: no encrypted connection: {Innermost(x)}"),
                    CryptographicException
                    or FileNotFoundException
                    or DirectoryNotFoundException
                    or UnauthorizedAccessException
                    or NotARegularFileException => (LinkError.BadFile, $"a password or certificate file can't be read: {x.Message}"),
                    SocketException => (LinkError.Unreachable, $"{where}: {x.Message}"),
                    TimeoutException or OperationCanceledException or MQTTnet.Exceptions.MqttCommunicationTimedOutException => (
                        LinkError.TimedOut,
                        $"{where}: no answer within {broker.Timeout.TotalSeconds} s"
                    ),
                    _ => (LinkError.None, ""),
                }
            )
            .FirstOrDefault(
                found => found.Item1 != LinkError.None,
                (broker.Tls is null ? LinkError.ConnectionLost : LinkError.Tls, $"{where}: {Innermost(e)}")
            );
    }

    /// <summary>The broker does not speak the version that is configured.</summary>
    public static (LinkError Error, string Text) OfVersion(MqttVersion version) =>
        version == MqttVersion.V5
            ? (LinkError.ProtocolVersion, "the broker does not speak MQTT 5; set \"version\": \"3.1.1\" in \"mqtt\"")
            : (LinkError.ProtocolVersion, "the broker does not speak MQTT 3.1.1; set \"version\": \"5\" in \"mqtt\"");

    /// <summary>What a second box under this device's name means.</summary>
    public static (LinkError Error, string Text) OfRival(string device, string rival) =>
        (LinkError.SessionTakenOver, $"another box says that it is \"{device}\" (boot id {Printable(rival)}): {SecondBox}");

    private const string SecondBox =
        "is there a second box with this device's name? This one stays away while the other one is online; give one of them another name";

    // Anybody may write there: short and printable it goes into the log.
    private static string Printable(string text) => new([.. text.Take(40).Select(c => c is >= ' ' and <= '~' ? c : '?')]);

    private static string Innermost(Exception e) => e.GetBaseException().Message;

    private static IEnumerable<Exception> Chain(Exception? e)
    {
        for (; e is not null; e = e.InnerException)
            yield return e;
    }
}
