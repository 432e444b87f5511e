using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using MQTTnet;
using MQTTnet.Formatter;

namespace ClipFusion.Tests.EdgeDaemon.Delivery;

/// <summary>A client that hears everything and can publish.</summary>
internal sealed class Listener : IAsyncDisposable
{
    private readonly IMqttClient _client = new MqttClientFactory().CreateMqttClient();
    private readonly Channel<MqttApplicationMessage> _heard = Channel.CreateUnbounded<MqttApplicationMessage>();

    public static async Task<Listener> ConnectAsync(int port, CancellationToken cancellationToken)
    {
        var listener = new Listener();
        listener._client.ApplicationMessageReceivedAsync += e =>
        {
            e.ApplicationMessage.Payload = new ReadOnlySequence<byte>(e.ApplicationMessage.Payload.ToArray());
            listener._heard.Writer.TryWrite(e.ApplicationMessage);
            return Task.CompletedTask;
        };
        await listener._client.ConnectAsync(
            new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", port).WithProtocolVersion(MqttProtocolVersion.V500).Build(),
            cancellationToken
        );
        await listener._client.SubscribeAsync(
            new MqttClientSubscribeOptionsBuilder()
                .WithTopicFilter(f => f.WithTopic("clipfusion/#").WithAtLeastOnceQoS().WithNoLocal())
                .Build(),
            cancellationToken
        );
        return listener;
    }

    public Task PublishAsync(
        string topic,
        ReadOnlyMemory<byte> payload,
        CancellationToken cancellationToken,
        bool retain = false,
        byte[]? correlation = null
    ) =>
        _client.PublishAsync(
            new MqttApplicationMessage
            {
                Topic = topic,
                Payload = new(payload),
                Retain = retain,
                CorrelationData = correlation,
                QualityOfServiceLevel = MQTTnet.Protocol.MqttQualityOfServiceLevel.AtLeastOnce,
            },
            cancellationToken
        );

    public Task PublishAsync(
        string topic,
        string payload,
        CancellationToken cancellationToken,
        bool retain = false,
        byte[]? correlation = null
    ) => PublishAsync(topic, Encoding.UTF8.GetBytes(payload), cancellationToken, retain, correlation);

    /// <summary>The next message on a topic; others are passed over.</summary>
    public async Task<MqttApplicationMessage> NextAsync(string topic, CancellationToken cancellationToken)
    {
        while (true)
        {
            var message = await _heard.Reader.ReadAsync(cancellationToken);
            if (message.Topic == topic)
                return message;
        }
    }

    /// <summary>The next message on a topic, as JSON.</summary>
    public async Task<JsonElement> NextJsonAsync(string topic, CancellationToken cancellationToken) =>
        JsonDocument.Parse((await NextAsync(topic, cancellationToken)).Payload).RootElement;

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return default;
    }
}
