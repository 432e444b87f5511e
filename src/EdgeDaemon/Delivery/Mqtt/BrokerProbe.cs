using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using ClipFusion.EdgeDaemon.Domain;

namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>
/// Looks at what answers at the broker's address after an attempt that ended without an answer, and names it: another kind of server,
/// encryption on one side only, or a
/// broker that speaks the other version of MQTT. It asks without user, password and certificate, and under a client id that throws nobody
/// out.
/// </summary>
/// <param name="broker">Where and how the attempt was made.</param>
/// <param name="clientId">Client id of the looks.</param>
/// <param name="time">The clock.</param>
internal sealed class BrokerProbe(BrokerOptions broker, string clientId, TimeProvider time)
{
    /// <summary>How long a finding is believed.</summary>
    private static readonly TimeSpan Validity = TimeSpan.FromMinutes(5);

    /// <summary>Servers that speak first do it at once; an answer takes a round trip.</summary>
    private static readonly TimeSpan Greeting = TimeSpan.FromMilliseconds(300),
        Answer = TimeSpan.FromSeconds(2);

    private (LinkError Error, string Text)? _finding;
    private long? _lookedAt;
    private bool _isThere;

    /// <summary>The end of an attempt with the reason that was found; the broker's own words where none was.</summary>
    /// <param name="end">The end.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    public async Task<(LinkError Error, string Text)> ExplainAsync(LinkEnd end, CancellationToken cancellationToken)
    {
        // Unreachable is also what a server looks like that resets a connection which it does not understand.
        if (
            end.Stood is not null
            || end.Error is not (LinkError.Unreachable or LinkError.ConnectionLost or LinkError.TimedOut or LinkError.Tls)
        )
            return (end.Error, end.Text);
        if (_lookedAt is not { } at || time.GetElapsedTime(at) > Validity)
        {
            _finding = await LookAsync(cancellationToken);
            // Where nobody answers at all there is nothing to remember.
            _lookedAt = _isThere ? time.GetTimestamp() : null;
        }
        return _finding ?? (end.Error, end.Text);
    }

    /// <summary>A connection stood: what was found is over.</summary>
    public void Forget() => (_finding, _lookedAt) = (null, null);

    private string Where => $"{broker.Host}:{broker.Port}";

    private async Task<(LinkError, string)?> LookAsync(CancellationToken cancellationToken)
    {
        _isThere = false;
        if (await AskAsync(broker.Version, isEncrypted: false, cancellationToken) is not { } plain)
            return null;
        _isThere = true;
        if (broker.Tls is not null)
        {
            if (IsConnack(plain))
                return (
                    LinkError.Tls,
                    $"{Where} is a port without encryption; expected one with: set its port (usually 8883), or \"tls\": null in \"mqtt\""
                );
            if (Foreign(plain) is { } other)
                return (LinkError.NotMqtt, other);
            return await OtherVersionAsync(isEncrypted: true, cancellationToken);
        }

        if (IsTlsAlert(plain) || (plain.Length == 0 && await AskAsync(broker.Version, isEncrypted: true, cancellationToken) is not null))
            return (
                LinkError.Tls,
                $"{Where} is a port for encrypted connections; set \"tls\" in \"mqtt\" (\"tls\": {{}} for the system's authorities), "
                    + "or the port without encryption (usually 1883)"
            );
        if (Foreign(plain) is { } foreign)
            return (LinkError.NotMqtt, foreign);
        return IsConnack(plain) ? null : await OtherVersionAsync(isEncrypted: false, cancellationToken);
    }

    /// <summary>A broker that ends a connection of one version without a word and answers one of the other.</summary>
    private async Task<(LinkError, string)?> OtherVersionAsync(bool isEncrypted, CancellationToken cancellationToken)
    {
        if (isEncrypted && await AskAsync(broker.Version, isEncrypted, cancellationToken) is { } same && IsConnack(same))
            return null;
        MqttVersion other = broker.Version == MqttVersion.V5 ? MqttVersion.V311 : MqttVersion.V5;
        return await AskAsync(other, isEncrypted, cancellationToken) is { } answer && IsConnack(answer)
            ? LinkErrors.OfVersion(broker.Version)
            : null;
    }

    /// <summary>The first bytes that come back, before or after a CONNECT; empty when nothing did, null without a connection.</summary>
    private async Task<byte[]?> AskAsync(MqttVersion version, bool isEncrypted, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(broker.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        using var tcp = new TcpClient();
        Stream stream;
        try
        {
            await tcp.ConnectAsync(broker.Host, broker.Port, either.Token);
            stream = tcp.GetStream();
            if (isEncrypted)
                stream = await EncryptAsync(stream, either.Token);
        }
        catch (Exception e)
            when (!cancellationToken.IsCancellationRequested
                && e is SocketException or IOException or AuthenticationException or OperationCanceledException
            )
        {
            return null;
        }

        byte[] buffer = new byte[256];
        Task<int> read = ReadAsync(stream, buffer, either.Token);
        if (await Task.WhenAny(read, Task.Delay(Greeting, time, either.Token)) != read)
        {
            try
            {
                await stream.WriteAsync(ConnectPacket(version), either.Token);
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
            {
                // It has gone; what it said is read below.
            }
            await Task.WhenAny(read, Task.Delay(Answer, time, either.Token));
        }
        cancellationToken.ThrowIfCancellationRequested();
        byte[] heard = read.IsCompleted ? buffer[..await read] : [];
        // A read that is still under way ends with its connection.
        tcp.Close();
        return heard;
    }

    private static async Task<int> ReadAsync(Stream stream, byte[] buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await stream.ReadAsync(buffer, cancellationToken);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            return 0;
        }
    }

    private async Task<Stream> EncryptAsync(Stream stream, CancellationToken cancellationToken)
    {
        // Nothing is told over it and nothing believed: whether the port speaks TLS at all is the question, whoever it is.
#pragma warning disable CA5359
        var encrypted = new SslStream(stream, false, (_, _, _, _) => true);
#pragma warning restore CA5359
        await encrypted.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions { TargetHost = broker.Tls?.ServerName ?? broker.Host },
            cancellationToken
        );
        return encrypted;
    }

    private byte[] ConnectPacket(MqttVersion version)
    {
        byte[] id = Encoding.UTF8.GetBytes(clientId);
        List<byte> body = [0, 4, .. "MQTT"u8, (byte)(version == MqttVersion.V5 ? 5 : 4), 2, 0, 5];
        if (version == MqttVersion.V5)
            body.Add(0);
        body.AddRange([(byte)(id.Length >> 8), (byte)id.Length, .. id]);
        return [0x10, (byte)body.Count, .. body];
    }

    private static bool IsConnack(byte[] answer) => answer is [0x20, _, _, not 1 and not 0x84, ..];

    private static bool IsTlsAlert(byte[] answer) => answer is [0x15, 3, ..];

    /// <summary>What else it is; null for what may be a broker.</summary>
    private string? Foreign(byte[] answer)
    {
        if (answer.Length == 0 || answer[0] == 0x20 || IsTlsAlert(answer))
            return null;
        string text = new([
            .. answer.TakeWhile(b => b is not (byte)'\r' and not (byte)'\n').Take(60).Select(b => b is >= 32 and < 127 ? (char)b : '?'),
        ]);
        if (text.StartsWith("INFO {", StringComparison.Ordinal))
            return $"{Where} is the port of NATS' own clients (usually 4222); expected the one that its \"mqtt\" block names (usually "
                + "1883)";
        if (text.StartsWith("AMQP", StringComparison.Ordinal))
            return $"{Where} speaks AMQP (RabbitMQ's port 5672); expected the port of its MQTT plugin (usually 1883)";
        if (text.StartsWith("HTTP/", StringComparison.Ordinal))
            return $"{Where} is a web server's port (a broker's management or WebSocket port?); expected MQTT over TCP (usually 1883, "
                + "or 8883 with TLS)";
        return $"{Where} is no MQTT broker: it answers \"{text}\"";
    }
}
