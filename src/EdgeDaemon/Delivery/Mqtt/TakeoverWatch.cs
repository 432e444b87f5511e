using System.Threading.Channels;
using ClipFusion.Foundation;
using MQTTnet;

namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>
/// Where a box waits that another one of the same device name has displaced: connected under a client id of its own, which throws nobody
/// out, it listens whether the other one lives. It comes back when the other one has gone, or has not been heard for the wait after a
/// takeover; every wait is drawn anew, so that two boxes that both stepped aside do not come back together: the one that comes back first
/// is heard by the other.
/// </summary>
internal sealed class TakeoverWatch(BrokerOptions broker, Topics topics, string bootId, TimeProvider time)
{
    // The other one's word is gone: no reason to wait long, but longer than it needs to come back after a short loss of its connection.
    private const double ShareAfterGone = 1.0 / 6;

    // A broker that goes by the user or the address ends the other one's connection for this one, and this one for that: no place to listen
    // from.
    private const int MostThrownOut = 2;

    private enum Sign
    {
        Alive,
        Gone,
    }

    private enum Outcome
    {
        Free,
        Refused,
        Lost,
        ThrownOut,
    }

    /// <summary>Waits until this box may try again.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        var backOff = new BackOff(broker.FirstDelay, broker.LongestDelay, Random.Shared);
        int thrownOut = 0;
        while (true)
        {
            Outcome outcome = await WatchAsync(backOff, cancellationToken);
            if (outcome == Outcome.ThrownOut && ++thrownOut >= MostThrownOut)
                outcome = Outcome.Refused;
            switch (outcome)
            {
                case Outcome.Free:
                    return;
                case Outcome.Refused:
                    // A broker that knows us under one id only: all that is left is to come back seldom.
                    await Task.Delay(BackOff.Jitter(broker.TakenOverDelay, Random.Shared), time, cancellationToken);
                    return;
                default:
                    await Task.Delay(backOff.Next(), time, cancellationToken);
                    break;
            }
        }
    }

    private async Task<Outcome> WatchAsync(BackOff backOff, CancellationToken cancellationToken)
    {
        var signs = Channel.CreateBounded<Sign>(new BoundedChannelOptions(16) { FullMode = BoundedChannelFullMode.DropOldest });
        using var client = new MqttClientFactory().CreateMqttClient();
        client.DisconnectedAsync += _ =>
        {
            signs.Writer.TryComplete();
            return Task.CompletedTask;
        };
        client.ApplicationMessageReceivedAsync += e =>
        {
            if (SignOf(e.ApplicationMessage) is { } sign)
                signs.Writer.TryWrite(sign);
            return Task.CompletedTask;
        };
        try
        {
            var answer = await MqttMapping.ConnectAsync(
                client,
                broker,
                $"clipfusion-{topics.Device}-{bootId}",
                null,
                time,
                cancellationToken
            );
            if (answer.ResultCode != MqttClientConnectResultCode.Success)
                return Outcome.Refused;
            // What the broker had kept is told apart from what is said now by the retain flag.
            await client.SubscribeAsync(
                new MqttClientSubscribeOptionsBuilder()
                    .WithTopicFilter(f => f.WithTopic(topics.Status).WithAtLeastOnceQoS())
                    .WithTopicFilter(f => f.WithTopic(topics.AllStates))
                    .Build(),
                cancellationToken
            );
            long opened = time.GetTimestamp();
            Outcome outcome = await ListenAsync(signs.Reader, cancellationToken);
            if (outcome == Outcome.Lost && time.GetElapsedTime(opened) < broker.TakenOverDelay)
                return Outcome.ThrownOut;
            backOff.Reset();
            return outcome;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception)
        {
            // Whatever the library throws: the broker is away, and with it everything that could be known.
            return Outcome.Lost;
        }
    }

    private async Task<Outcome> ListenAsync(ChannelReader<Sign> signs, CancellationToken cancellationToken)
    {
        var patience = BackOff.Jitter(broker.TakenOverDelay, Random.Shared);
        while (true)
        {
            using var limit = new CancellationTokenSource(patience, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
            try
            {
                var sign = await signs.ReadAsync(either.Token);
                patience = BackOff.Jitter(
                    sign == Sign.Alive ? broker.TakenOverDelay : broker.TakenOverDelay * ShareAfterGone,
                    Random.Shared
                );
            }
            catch (ChannelClosedException)
            {
                return Outcome.Lost;
            }
            catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                return Outcome.Free;
            }
        }
    }

    /// <summary>Null for what says nothing: a word that was kept by the broker may be years old.</summary>
    private Sign? SignOf(MqttApplicationMessage message)
    {
        (string? status, string? boot) = RivalDetector.Read(message.Payload);
        bool isForeign = boot is not null && boot != bootId;
        if (message.Topic != topics.Status)
            return isForeign && !message.Retain ? Sign.Alive : null;
        if (isForeign && status == "online")
            return message.Retain ? null : Sign.Alive;
        return Sign.Gone;
    }
}
