using MQTTnet;
using MQTTnet.Exceptions;
using MQTTnet.Protocol;

namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>One connection from its CONNACK to its end, with the limits that the broker set for it.</summary>
internal sealed class MqttSession(IMqttClient client, BrokerOptions broker, TimeProvider time, MqttClientConnectResult limits) : IDisposable
{
    /// <summary>The outcome of a publish without a connection.</summary>
    public static readonly Task<PublishOutcome> NotSent = Task.FromResult(new PublishOutcome(PublishStatus.NotSent, "not connected"));

    private readonly SemaphoreSlim _quota = new(Math.Clamp((int?)limits.ReceiveMaximum ?? ushort.MaxValue, 1, broker.MaximumInFlight));
    private readonly TaskCompletionSource<(LinkError Error, string Text)> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes with the reason when the connection has ended.</summary>
    public Task<(LinkError Error, string Text)> Ended => _ended.Task;

    /// <summary>Notes why the connection ended; the first reason counts.</summary>
    public void End(LinkError error, string text) => _ended.TrySetResult((error, text));

    public async Task<IReadOnlyCollection<MqttClientSubscribeResultItem>> SubscribeAsync(IEnumerable<string> topics, CancellationToken cancellationToken)
    {
        var builder = new MqttClientSubscribeOptionsBuilder();
        foreach (string topic in topics) builder.WithTopicFilter(f => f.WithTopic(topic).WithAtLeastOnceQoS().WithRetainAsPublished(broker.Version == MqttVersion.V5));
        using var limit = new CancellationTokenSource(broker.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        return (await client.SubscribeAsync(builder.Build(), either.Token)).Items;
    }

    /// <summary>Publishes when the broker's receive maximum leaves room, and waits for its answer.</summary>
    public async Task<PublishOutcome> PublishAsync(OutMessage message, CancellationToken cancellationToken) => await await SendAsync(message, cancellationToken);

    /// <summary>Waits until the broker's receive maximum leaves room and the message has its place in the order of the connection; the task inside ends with the broker's answer.</summary>
    public async ValueTask<Task<PublishOutcome>> SendAsync(OutMessage message, CancellationToken cancellationToken)
    {
        long size = PacketSize.Of(message);
        if (limits.MaximumPacketSize is { } maximum and > 0 && size > maximum)
            return Task.FromResult(new PublishOutcome(PublishStatus.Refused, $"a packet of {size} bytes on {message.Topic}: the broker takes at most {maximum}"));
        if (_ended.Task.IsCompleted) return NotSent;

        await _quota.WaitAsync(cancellationToken);
        if (!_ended.Task.IsCompleted) return HandOverAsync(message);
        _quota.Release();
        return NotSent;
    }

    /// <summary>Not awaited before the client has it: it takes messages in the order of these calls.</summary>
    private async Task<PublishOutcome> HandOverAsync(OutMessage message)
    {
        using var limit = new CancellationTokenSource(broker.Timeout, time);
        try
        {
            // The caller's token is not passed on: a publish torn in half would cost the connection.
            var result = await client.PublishAsync(MqttMapping.Packet(message, broker.Version), limit.Token);
            return (int)result.ReasonCode < 0x80
                ? new(PublishStatus.Delivered) { IsUnheard = result.ReasonCode == MqttClientPublishReasonCode.NoMatchingSubscribers }
                : new(PublishStatus.Refused, $"{message.Topic}: {NameOf((int)result.ReasonCode)} (0x{(int)result.ReasonCode:X2}) {result.ReasonString}".TrimEnd());
        }
        catch (MqttClientNotConnectedException)
        {
            return await NotSent;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            // The packet counts against the quota until it is answered: only a new connection makes it free again.
            End(LinkError.TimedOut, $"no answer within {broker.Timeout.TotalSeconds} s to a message on {message.Topic}");
            return new(PublishStatus.Unknown, "no answer in time");
        }
        catch (Exception e) when (e is MqttCommunicationException or OperationCanceledException or ObjectDisposedException or InvalidOperationException or IOException)
        {
            return new(PublishStatus.Unknown, $"the connection ended before the answer: {e.Message}");
        }
        finally
        {
            _quota.Release();
        }
    }

    /// <summary>The library knows fewer names for an answer to a publish than brokers give; mosquitto says 0x95 there.</summary>
    private static string NameOf(int code) => Enum.IsDefined((MqttPubAckReasonCode)code) ? ((MqttPubAckReasonCode)code).ToString() : ((MqttDisconnectReasonCode)code).ToString();

    /// <summary>Ends the session. The quota itself is left to the collector: a publish may still wait at it.</summary>
    public void Dispose() => End(LinkError.ConnectionLost, "closed");
}
