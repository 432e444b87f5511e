using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.Foundation.Files;
using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Protocol;

namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>Our words in the client library's.</summary>
internal static class MqttMapping
{
    private const int MaxSecretBytes = 64 << 10,
        MaxPemBytes = 4 << 20;

    /// <summary>Options of one connection attempt; reads the files that they name.</summary>
    /// <exception cref="IOException">A file can't be read.</exception>
    /// <exception cref="System.Security.Cryptography.CryptographicException">A certificate can't be read.</exception>
    public static MqttClientOptions ClientOptions(BrokerOptions broker, string clientId, OutMessage? will)
    {
        var builder = new MqttClientOptionsBuilder()
            .WithTcpServer(broker.Host, broker.Port)
            .WithProtocolVersion(broker.Version == MqttVersion.V5 ? MqttProtocolVersion.V500 : MqttProtocolVersion.V311)
            .WithClientId(clientId)
            .WithCleanStart()
            .WithKeepAlivePeriod(broker.KeepAlive)
            .WithTimeout(broker.Timeout)
            // Bridges' private flag in the protocol version: some brokers refuse it.
            .WithTryPrivate(false);
        if (broker.Version == MqttVersion.V5)
            builder.WithSessionExpiryInterval(0).WithMaximumPacketSize(broker.MaximumIncomingPacket);
        if (broker.UserName is { } user)
            builder.WithCredentials(user, broker.PasswordFile is { } file ? FirstLine(file) : "");
        if (broker.Tls is { } tls)
            builder.WithTlsOptions(t => AddTls(t, tls, broker.Host));
        if (will is not null)
        {
            builder
                .WithWillTopic(will.Topic)
                .WithWillPayload(will.Payload.ToArray())
                .WithWillRetain(will.Retain)
                .WithWillQualityOfServiceLevel(Qos(will));
            if (broker.Version == MqttVersion.V5)
                builder.WithWillContentType(will.ContentType);
        }
        return builder.Build();
    }

    /// <summary>One attempt; who accepts the connection and then says nothing is given the broker's time-out, which the library leaves out
    /// for tokens that can be cancelled.</summary>
    /// <exception cref="TimeoutException">Time is up.</exception>
    public static async Task<MqttClientConnectResult> ConnectAsync(
        IMqttClient client,
        BrokerOptions broker,
        string clientId,
        OutMessage? will,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        using var limit = new CancellationTokenSource(broker.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await client.ConnectAsync(ClientOptions(broker, clientId, will), either.Token);
        }
        catch (Exception e) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // The library has several ways to say that it was cancelled.
            throw new TimeoutException($"no answer within {broker.Timeout.TotalSeconds} s", e);
        }
    }

    /// <summary>A message as a packet; what 3.1.1 has no place for is left out.</summary>
    public static MqttApplicationMessage Packet(OutMessage message, MqttVersion version)
    {
        var packet = new MqttApplicationMessage
        {
            Topic = message.Topic,
            Payload = new System.Buffers.ReadOnlySequence<byte>(message.Payload),
            Retain = message.Retain,
            QualityOfServiceLevel = Qos(message),
        };
        if (version != MqttVersion.V5)
            return packet;
        packet.ContentType = message.ContentType;
        packet.CorrelationData = message.CorrelationData;
        packet.MessageExpiryInterval = (uint)Math.Ceiling(message.Expiry?.TotalSeconds ?? 0);
        if (message.UserProperties.Count > 0)
            packet.UserProperties =
            [
                .. message.UserProperties.Select(p => new MQTTnet.Packets.MqttUserProperty(
                    p.Key,
                    System.Text.Encoding.UTF8.GetBytes(p.Value).AsMemory()
                )),
            ];
        return packet;
    }

    private static MqttQualityOfServiceLevel Qos(OutMessage message) =>
        message.Acknowledged ? MqttQualityOfServiceLevel.AtLeastOnce : MqttQualityOfServiceLevel.AtMostOnce;

    private static string FirstLine(string file)
    {
        string text = RegularFile.ReadAllText(file, MaxSecretBytes);
        int end = text.AsSpan().IndexOfAny('\r', '\n');
        return end < 0 ? text : text[..end];
    }

    private static void AddTls(MqttClientTlsOptionsBuilder builder, BrokerTls tls, string host)
    {
        // Brokers in a plant have no revocation list that could be reached from the line.
        builder
            .UseTls()
            .WithTargetHost(tls.ServerName ?? host)
            .WithRevocationMode(X509RevocationMode.NoCheck)
            .WithCertificateValidationHandler(Check);
        if (tls.CaFile is { } ca)
        {
            var trusted = new X509Certificate2Collection();
            trusted.ImportFromPem(RegularFile.ReadAllText(ca, MaxPemBytes));
            builder.WithTrustChain(trusted);
        }
        if (tls.CertificateFile is { } certificate)
            builder.WithClientCertificates([Certificate(certificate, tls.KeyFile)]);
    }

    private static X509Certificate2 Certificate(string file, string? keyFile)
    {
        string certificate = RegularFile.ReadAllText(file, MaxPemBytes);
        return X509Certificate2.CreateFromPem(certificate, keyFile is null ? certificate : RegularFile.ReadAllText(keyFile, MaxPemBytes));
    }

    /// <summary>The library's own answer would be a bare no; the technician has to know whether it is the date, the name or the
    /// authority.</summary>
    private static bool Check(MqttClientCertificateValidationEventArgs e)
    {
        if (e.SslPolicyErrors == SslPolicyErrors.None)
            return true;
        var why = e.Chain?.ChainStatus.Select(s => s.Status.ToString()) ?? [];
        throw new AuthenticationException(
            $"the broker's certificate \"{e.Certificate?.Subject}\" is not accepted: "
                + $"{string.Join(", ", why.Prepend(e.SslPolicyErrors.ToString()).Distinct())}"
        );
    }
}
