using System.Net;
using MQTTnet.Server;

namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>A broker in this process, for the demo: loopback only, no passwords, nothing kept on disk.</summary>
internal sealed class EmbeddedBroker : IAsyncDisposable
{
    private readonly MqttServer _server;

    private EmbeddedBroker(MqttServer server, int port) => (_server, Port) = (server, port);

    /// <summary>The TCP port it listens at, on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>The server, for tests that want to intercept.</summary>
    internal MqttServer Server => _server;

    /// <summary>Starts a broker.</summary>
    /// <param name="port">TCP port; 0 lets the system pick one.</param>
    /// <exception cref="System.Net.Sockets.SocketException">The port is taken.</exception>
    public static async Task<EmbeddedBroker> StartAsync(int port)
    {
        var options = new MqttServerOptionsBuilder()
            .WithDefaultEndpoint()
            .WithDefaultEndpointPort(port)
            .WithDefaultEndpointBoundIPAddress(IPAddress.Loopback)
            .WithDefaultEndpointBoundIPV6Address(IPAddress.None)
            .WithMaxPendingMessagesPerClient(10_000)
            .Build();
        options.DefaultEndpointOptions.NoDelay = true;
        var server = new MqttServerFactory().CreateMqttServer(options);
        await server.StartAsync();
        return new EmbeddedBroker(server, options.DefaultEndpointOptions.Port);
    }

    /// <summary>Disconnects everybody and stops.</summary>
    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync(new MqttServerStopOptions());
        _server.Dispose();
    }
}
