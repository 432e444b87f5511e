using ClipFusion.EdgeDaemon.Domain;
using MQTTnet;
using MQTTnet.Exceptions;
using MQTTnet.Protocol;

namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>One connection from its CONNACK to its end, with the limits that the broker set for it.</summary>
internal sealed class MqttSession(
    IMqttClient client,
    BrokerOptions broker,
    TimeProvider time,
    MqttClientConnectResult limits,
    TopicGuard guard
) : IDisposable
{
    /// <summary>The outcome of a publish without a connection.</summary>
    public static readonly Task<PublishOutcome> NotSent = Task.FromResult(new PublishOutcome(PublishStatus.NotSent, "not connected"));

    private const string Subscription = "(subscribing) ";

    private readonly int _places = Math.Clamp((int?)limits.ReceiveMaximum ?? ushort.MaxValue, 1, broker.MaximumInFlight);
    private readonly SemaphoreSlim _quota = new(Math.Clamp((int?)limits.ReceiveMaximum ?? ushort.MaxValue, 1, broker.MaximumInFlight));
    private readonly SemaphoreSlim _alone = new(1);
    private readonly TaskCompletionSource<(LinkError Error, string Text)> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long _openedAt = time.GetTimestamp();
    private volatile bool _isUsed,
        _hasAnswered,
        _isUnanswered;
    private int _underWay;

    /// <summary>Completes with the reason when the connection has ended.</summary>
    public Task<(LinkError Error, string Text)> Ended => _ended.Task;

    /// <summary>How long it has stood.</summary>
    public TimeSpan Age => time.GetElapsedTime(_openedAt);

    /// <summary>Whether a message is under way, or was when it ended.</summary>
    public bool WasBusy => _isUnanswered || Volatile.Read(ref _underWay) > 0;

    /// <summary>Notes why the connection ended; the first reason counts.</summary>
    public void End(LinkError error, string text) => _ended.TrySetResult((error, text));

    /// <summary>Subscribes. What the broker refuses is in the result; a topic at which it ends the connection is left out in later
    /// sessions.</summary>
    /// <returns>The topics that were not granted, each with the reason.</returns>
    public async Task<IReadOnlyList<(string Topic, string Why)>> SubscribeAsync(
        IEnumerable<string> topics,
        CancellationToken cancellationToken
    )
    {
        var denied = new List<(string, string)>();
        var together = new List<string>();
        foreach (string topic in topics)
        {
            switch (guard.Ask(Subscription + topic))
            {
                case Passage.Free:
                    together.Add(topic);
                    break;
                case Passage.Alone:
                    denied.AddRange(await SubscribeOnceAsync([topic], cancellationToken));
                    break;
                default:
                    denied.Add((topic, "the broker ends the connection at it"));
                    break;
            }
        }
        if (together.Count > 0)
            denied.AddRange(await SubscribeOnceAsync(together, cancellationToken));
        return denied;
    }

    /// <summary>Ends subscriptions.</summary>
    public async Task UnsubscribeAsync(IEnumerable<string> topics, CancellationToken cancellationToken)
    {
        var builder = new MqttClientUnsubscribeOptionsBuilder();
        foreach (string topic in topics)
            builder.WithTopicFilter(topic);
        using var limit = new CancellationTokenSource(broker.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        await client.UnsubscribeAsync(builder.Build(), either.Token);
    }

    /// <summary>Publishes when the broker's receive maximum leaves room, and waits for its answer.</summary>
    public async Task<PublishOutcome> PublishAsync(OutMessage message, CancellationToken cancellationToken) =>
        await await SendAsync(message, cancellationToken);

    /// <summary>Waits until the broker's receive maximum leaves room and the message has its place in the order of the connection; the task
    /// inside ends with the broker's answer.</summary>
    public async ValueTask<Task<PublishOutcome>> SendAsync(OutMessage message, CancellationToken cancellationToken)
    {
        long size = PacketSize.Of(message);
        if (limits.MaximumPacketSize is { } maximum and > 0 && size > maximum)
            return Task.FromResult(
                new PublishOutcome(
                    PublishStatus.Refused,
                    $"a packet of {size} bytes on {message.Topic}: the broker takes at most {maximum}"
                )
            );
        if (_ended.Task.IsCompleted)
            return NotSent;

        switch (guard.Ask(message.Topic))
        {
            case Passage.Denied:
                return Task.FromResult(
                    new PublishOutcome(PublishStatus.Refused, $"{message.Topic}: the broker ends the connection at each message there")
                );
            case Passage.Alone:
                return await SendAloneAsync(message, cancellationToken);
            default:
                await _quota.WaitAsync(cancellationToken);
                if (!_ended.Task.IsCompleted)
                    return HandOverAsync(message, 1);
                _quota.Release();
                return NotSent;
        }
    }

    /// <summary>Takes every place, so that nothing else is under way.</summary>
    private async ValueTask<Task<PublishOutcome>> SendAloneAsync(OutMessage message, CancellationToken cancellationToken)
    {
        int taken = 0;
        await _alone.WaitAsync(cancellationToken);
        try
        {
            for (; taken < _places; taken++)
                await _quota.WaitAsync(cancellationToken);
            if (_ended.Task.IsCompleted)
                return NotSent;
            Task<PublishOutcome> sent = HandOverAsync(message, taken);
            taken = 0;
            return sent;
        }
        finally
        {
            if (taken > 0)
                _quota.Release(taken);
            _alone.Release();
        }
    }

    /// <summary>Not awaited before the client has it: it takes messages in the order of these calls.</summary>
    /// <param name="message">The message.</param>
    /// <param name="places">How many places it has taken.</param>
    private async Task<PublishOutcome> HandOverAsync(OutMessage message, int places)
    {
        using var limit = new CancellationTokenSource(broker.Timeout, time);
        // With one place there is nothing else beside it, whoever asked. A broker that has answered nothing yet may be ill altogether: that
        // is no topic's fault.
        bool isAlone = places == _places,
            isFirst = !_isUsed;
        _isUsed = true;
        Interlocked.Increment(ref _underWay);
        try
        {
            // The caller's token is not passed on: a publish torn in half would cost the connection.
            var result = await client.PublishAsync(MqttMapping.Packet(message, broker.Version), limit.Token);
            // Nobody answers a message without acknowledgement; the answer to a ping says that it went through before.
            if (!message.Acknowledged)
                await client.PingAsync(limit.Token);
            guard.Answered(message.Topic);
            _hasAnswered = true;
            return (int)result.ReasonCode < 0x80
                ? new(PublishStatus.Delivered) { IsUnheard = result.ReasonCode == MqttClientPublishReasonCode.NoMatchingSubscribers }
                : new(
                    PublishStatus.Refused,
                    $"{message.Topic}: {NameOf((int)result.ReasonCode)} (0x{(int)result.ReasonCode:X2}) {result.ReasonString}".TrimEnd()
                );
        }
        catch (MqttClientNotConnectedException)
        {
            return await NotSent;
        }
        catch (Exception e) when (limit.IsCancellationRequested && e is OperationCanceledException or MqttCommunicationTimedOutException)
        {
            // The packet counts against the quota until it is answered: only a new connection makes it free again.
            End(LinkError.TimedOut, $"no answer within {broker.Timeout.TotalSeconds} s to a message on {message.Topic}");
            _isUnanswered = true;
            guard.Unanswered(message.Topic, isAlone && _hasAnswered);
            return new(PublishStatus.Unknown, "no answer in time");
        }
        catch (Exception e)
            when (e
                    is MqttCommunicationException
                        or OperationCanceledException
                        or ObjectDisposedException
                        or InvalidOperationException
                        or IOException
            )
        {
            _isUnanswered = true;
            guard.Unanswered(message.Topic, isAlone && (isFirst || _hasAnswered));
            return new(PublishStatus.Unknown, $"the connection ended before the answer: {e.Message}");
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
            _quota.Release(places);
        }
    }

    private async Task<IEnumerable<(string Topic, string Why)>> SubscribeOnceAsync(List<string> topics, CancellationToken cancellationToken)
    {
        var builder = new MqttClientSubscribeOptionsBuilder();
        foreach (string topic in topics)
            builder.WithTopicFilter(f => f.WithTopic(topic).WithAtLeastOnceQoS().WithRetainAsPublished(broker.Version == MqttVersion.V5));
        using var limit = new CancellationTokenSource(broker.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var granted = (await client.SubscribeAsync(builder.Build(), either.Token)).Items;
            foreach (string topic in topics)
                guard.Answered(Subscription + topic);
            return granted.Where(g => (int)g.ResultCode >= 0x80).Select(g => (g.TopicFilter.Topic, g.ResultCode.ToString()));
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Little else is said while a connection is being opened: once alone is proof enough.
            foreach (string topic in topics)
                guard.Unanswered(Subscription + topic, topics.Count == 1, proof: 1);
            throw;
        }
    }

    /// <summary>The library knows fewer names for an answer to a publish than brokers give; mosquitto says 0x95 there.</summary>
    private static string NameOf(int code) =>
        Enum.IsDefined((MqttPubAckReasonCode)code) ? ((MqttPubAckReasonCode)code).ToString() : ((MqttDisconnectReasonCode)code).ToString();

    /// <summary>Ends the session. The quota itself is left to the collector: a publish may still wait at it.</summary>
    public void Dispose() => End(LinkError.ConnectionLost, "closed");
}
