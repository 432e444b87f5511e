using System.Buffers;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Protocol;

namespace ClipFusion.TestSupport;

/// <summary>A message that the box sent.</summary>
/// <param name="Topic">Its topic.</param>
/// <param name="At">When it was heard, <see cref="Stopwatch"/> ticks.</param>
/// <param name="Retained">Whether the broker had it before.</param>
/// <param name="Payload">UTF-8.</param>
public sealed record PlcMessage(string Topic, long At, bool Retained, byte[] Payload)
{
    /// <summary>The payload as JSON.</summary>
    public JsonElement Json => JsonDocument.Parse(Payload).RootElement;
}

/// <summary>A PLC with one connection: triggers, and hears acks, verdicts and states of every station.</summary>
public sealed class Plc : IAsyncDisposable
{
    private readonly IMqttClient _client = new MqttClientFactory().CreateMqttClient();
    private readonly Channel<PlcMessage> _heard = Channel.CreateUnbounded<PlcMessage>();

    /// <summary>What was heard, in order.</summary>
    public ChannelReader<PlcMessage> Messages => _heard.Reader;

    /// <summary>Connects and subscribes.</summary>
    public static async Task<Plc> ConnectAsync(int port, CancellationToken cancellation)
    {
        var plc = new Plc();
        plc._client.ApplicationMessageReceivedAsync += e =>
        {
            plc._heard.Writer.TryWrite(
                new PlcMessage(
                    e.ApplicationMessage.Topic,
                    Stopwatch.GetTimestamp(),
                    e.ApplicationMessage.Retain,
                    e.ApplicationMessage.Payload.ToArray()
                )
            );
            return Task.CompletedTask;
        };
        MqttClientOptions options = new MqttClientOptionsBuilder()
            .WithTcpServer("127.0.0.1", port)
            .WithProtocolVersion(MqttProtocolVersion.V500)
            .Build();
        await plc._client.ConnectAsync(options, cancellation);
        foreach (string topic in (string[])["trigger/ack", "verdict", "verdict/replay", "state"])
        {
            await plc._client.SubscribeAsync(
                new MqttClientSubscribeOptionsBuilder()
                    .WithTopicFilter(f => f.WithTopic($"clipfusion/v1/box/out/+/{topic}").WithAtLeastOnceQoS())
                    .Build(),
                cancellation
            );
        }

        return plc;
    }

    /// <summary>Triggers a station.</summary>
    /// <returns>When the message was handed over, <see cref="Stopwatch"/> ticks.</returns>
    public async Task<long> TriggerAsync(string station, string id, CancellationToken cancellation)
    {
        long at = Stopwatch.GetTimestamp();
        await _client.PublishAsync(
            new MqttApplicationMessage
            {
                Topic = $"clipfusion/v1/box/in/{station}/trigger",
                Payload = new(Encoding.UTF8.GetBytes($$"""{"triggerId":"{{id}}"}""")),
                QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce,
            },
            cancellation
        );
        return at;
    }

    /// <summary>The next message of a kind; others are passed over.</summary>
    public async Task<PlcMessage> NextAsync(Predicate<PlcMessage> wanted, CancellationToken cancellation)
    {
        while (true)
        {
            PlcMessage heard = await _heard.Reader.ReadAsync(cancellation);
            if (wanted(heard))
                return heard;
        }
    }

    /// <summary>Waits until every one of these stations has said that it is ready.</summary>
    public async Task ReadyAsync(IEnumerable<string> stations, CancellationToken cancellation)
    {
        HashSet<string> left = [.. stations.Select(s => $"clipfusion/v1/box/out/{s}/state")];
        while (left.Count > 0)
        {
            PlcMessage state = await NextAsync(
                h => !h.Retained && left.Contains(h.Topic) && h.Json.GetProperty("ready").GetBoolean(),
                cancellation
            );
            left.Remove(state.Topic);
        }
    }

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return default;
    }
}
