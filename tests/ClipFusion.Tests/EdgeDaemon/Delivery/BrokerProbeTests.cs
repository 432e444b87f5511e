using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Domain;

namespace ClipFusion.Tests.EdgeDaemon.Delivery;

/// <summary>What stands at the broker's address and is none, or none of the kind that is configured, is named with what to set.</summary>
public sealed class BrokerProbeTests : IDisposable
{
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromSeconds(30));

    [Theory]
    [InlineData("INFO {\"server_id\":\"x\"}\r\n", true, LinkError.NotMqtt, "NATS")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n", true, LinkError.NotMqtt, "SSH-2.0-OpenSSH_9.2")]
    [InlineData("AMQP\0\0\t\u0001", false, LinkError.NotMqtt, "AMQP")]
    [InlineData("HTTP/1.1 400 Bad Request\r\n", false, LinkError.NotMqtt, "web server")]
    [InlineData("-ERR unknown command\r\n", false, LinkError.NotMqtt, "-ERR unknown command")]
    [InlineData("\u0015\u0003\u0003\0\u0002\u0002\u0028", false, LinkError.Tls, "encrypted connections")]
    public async Task Link_AnotherKindOfServer_IsNamed(string says, bool speaksFirst, LinkError error, string mentions)
    {
        using var server = new Server((_, _) => (Encoding.Latin1.GetBytes(says), speaksFirst));
        await AssertNamedAsync(server.Port, MqttVersion.V5, null, error, mentions);
    }

    [Theory]
    [InlineData(MqttVersion.V5, true, "\"version\": \"3.1.1\"")]
    [InlineData(MqttVersion.V5, false, "\"version\": \"3.1.1\"")]
    [InlineData(MqttVersion.V311, true, "\"version\": \"5\"")]
    [InlineData(MqttVersion.V311, false, "\"version\": \"5\"")]
    public async Task Link_BrokerOfTheOtherVersion_SaysWhichToSet(MqttVersion configured, bool answers, string mentions)
    {
        int spoken = configured == MqttVersion.V5 ? 4 : 5;
        // Either it says so, in its own version's words, or it closes the connection.
        byte[] no = answers ? [0x20, 2, 0, 1] : [];
        using var server = new Server(
            (version, _) =>
                (
                    version == spoken
                        ? spoken == 5
                            ? [0x20, 3, 0, 0x87, 0]
                            : [0x20, 2, 0, 5]
                        : no,
                    false
                )
        );
        await AssertNamedAsync(server.Port, configured, null, LinkError.ProtocolVersion, mentions);
    }

    [Fact]
    public async Task Link_PlainToAnEncryptedPort_IsNamed()
    {
        using RSA key = RSA.Create(2048);
        using X509Certificate2 own = new CertificateRequest(
            "CN=broker",
            key,
            HashAlgorithmName.SHA256,
            RSASignaturePadding.Pkcs1
        ).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        using var server = new Server(own);
        await AssertNamedAsync(server.Port, MqttVersion.V5, null, LinkError.Tls, "encrypted connections");
    }

    [Fact]
    public async Task Link_EncryptedToAPlainPort_IsNamed()
    {
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(0);
        await AssertNamedAsync(broker.Port, MqttVersion.V5, new BrokerTls(), LinkError.Tls, "without encryption");
    }

    [Fact]
    public async Task Link_BrokerThatEndsTheConnectionButSpeaksTheVersion_IsNotMisnamed()
    {
        using var server = new Server((_, id) => (id.Contains("probe", StringComparison.Ordinal) ? [0x20, 3, 0, 0x87, 0] : [], false));
        await using var link = new MqttLink(Options(server.Port, MqttVersion.V5, null), TimeProvider.System);
        link.Start();
        Assert.Equal(LinkError.ConnectionLost, (await link.WhenAsync(s => s.Error != LinkError.None, _limit.Token)).Error);
    }

    public void Dispose() => _limit.Dispose();

    private async Task AssertNamedAsync(int port, MqttVersion version, BrokerTls? tls, LinkError error, string mentions)
    {
        await using var link = new MqttLink(Options(port, version, tls), TimeProvider.System);
        link.Start();
        LinkState state = await link.WhenAsync(s => s.Error != LinkError.None, _limit.Token);
        Assert.Contains(mentions, state.ErrorText, StringComparison.Ordinal);
        Assert.Equal(error, state.Error);
    }

    private static LinkOptions Options(int port, MqttVersion version, BrokerTls? tls) =>
        new()
        {
            Broker = new BrokerOptions
            {
                Host = "127.0.0.1",
                Port = port,
                Version = version,
                Tls = tls,
                Timeout = TimeSpan.FromSeconds(3),
            },
            Device = "box",
            BootId = "boot",
            Stations = ["line1"],
        };

    /// <summary>Answers each CONNECT, or each connection, with some bytes and closes it.</summary>
    private sealed class Server : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

        /// <param name="answer">From the protocol's level and the client id: what is said, and whether before anything is heard.</param>
        public Server(Func<int, string, (byte[] Says, bool SpeaksFirst)> answer) =>
            _ = RunAsync(async stream =>
            {
                (byte[] greeting, bool speaksFirst) = answer(0, "");
                if (!speaksFirst)
                {
                    byte[] buffer = new byte[512];
                    int count = await stream.ReadAsync(buffer);
                    greeting = answer(count > 8 ? buffer[8] : 0, Encoding.Latin1.GetString(buffer, 0, count)).Says;
                }
                await stream.WriteAsync(greeting);
            });

        public Server(X509Certificate2 certificate) =>
            _ = RunAsync(async stream =>
            {
                using var encrypted = new SslStream(stream);
                await encrypted.AuthenticateAsServerAsync(certificate);
                _ = await encrypted.ReadAsync(new byte[64]);
            });

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public void Dispose() => _listener.Stop();

        private async Task RunAsync(Func<NetworkStream, Task> serve)
        {
            _listener.Start();
            while (true)
            {
                TcpClient client;
                try
                {
                    client = await _listener.AcceptTcpClientAsync();
                }
                catch (Exception e) when (e is SocketException or ObjectDisposedException)
                {
                    return;
                }
                _ = ServeAsync(client, serve);
            }
        }

        private static async Task ServeAsync(TcpClient client, Func<NetworkStream, Task> serve)
        {
            using (client)
            {
                try
                {
                    await serve(client.GetStream());
                    client.Client.Shutdown(SocketShutdown.Send);
                    _ = await client.GetStream().ReadAsync(new byte[512]);
                }
                catch (Exception e)
                    when (e
                            is IOException
                                or System.Security.Authentication.AuthenticationException
                                or SocketException
                                or ObjectDisposedException
                    )
                {
                    // The other side has gone.
                }
            }
        }
    }
}
