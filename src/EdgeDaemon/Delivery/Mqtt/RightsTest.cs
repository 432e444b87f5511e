using System.Buffers;
using System.Collections.Concurrent;
using ClipFusion.EdgeDaemon.Domain;
using MQTTnet;

namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>
/// Finds out with MQTT 3.1.1, which has no way to refuse a publish, where the device may write: brokers acknowledge a forbidden message and
/// drop it, so whoever hears itself was
/// not dropped. Only where it harms nobody: the stations' states, which go out anyway, and an ack under an id of the box's own that answers
/// no trigger. Verdict topics
/// are left out: whoever listens there acts on what comes.
/// </summary>
/// <param name="topics">The device's topics.</param>
/// <param name="stations">Names of the stations.</param>
/// <param name="bootId">Names this run.</param>
/// <param name="time">The clock.</param>
internal sealed class RightsTest(Topics topics, IReadOnlyList<string> stations, string bootId, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _awaited = new(StringComparer.Ordinal);
    private volatile bool _isDone;

    /// <summary>Starts with this, in acks that answer nobody.</summary>
    public const string IdPrefix = "rights-test-";

    /// <summary>Whether it has come to an end in this run.</summary>
    public bool IsDone => _isDone;

    private string Id => $"{IdPrefix}{bootId[..Math.Min(bootId.Length, 8)]}";

    /// <summary>Looks at a message that arrived; true for one that the test subscribed to.</summary>
    public bool Hear(MqttApplicationMessage message)
    {
        if (!_awaited.TryGetValue(message.Topic, out TaskCompletionSource? echo))
            return false;
        // What the broker had kept comes back as well, and says nothing.
        if (!message.Retain || message.Topic.EndsWith("/state", StringComparison.Ordinal))
        {
            if (IsOwn(message))
                echo.TrySetResult();
        }
        return true;
    }

    /// <summary>Runs the test on a connection.</summary>
    /// <returns>The topics that did not come back or were refused; empty for none. Null when nothing could be found out: the broker does
    /// not let this user listen there.</returns>
    public async Task<IReadOnlyList<string>?> RunAsync(MqttSession session, TimeSpan patience, CancellationToken cancellationToken)
    {
        string[] wanted = [.. stations.SelectMany(s => new[] { topics.State(s), topics.TriggerAck(s), topics.TriggerAckSimple(s) })];
        foreach (string topic in wanted)
            _awaited[topic] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            HashSet<string> deaf = [.. (await session.SubscribeAsync(wanted, cancellationToken)).Select(d => d.Topic)];
            var refused = new List<string>();
            foreach (OutMessage ack in stations.SelectMany(Acks))
            {
                PublishOutcome outcome = await session.PublishAsync(ack, cancellationToken);
                if (outcome.Status == PublishStatus.Refused)
                    refused.Add(ack.Topic);
                else if (outcome.Status != PublishStatus.Delivered)
                    return null;
            }

            string[] heard = [.. wanted.Where(t => !deaf.Contains(t))];
            var limit = Task.Delay(patience, time, cancellationToken);
            await Task.WhenAny(Task.WhenAll(heard.Select(t => _awaited[t].Task)), limit, session.Ended);
            if (session.Ended.IsCompleted)
                return null;
            _isDone = true;
            if (heard.Length > 0)
                await session.UnsubscribeAsync(heard, cancellationToken);
            return heard.Length == 0 && refused.Count == 0 ? null : [.. refused.Union(heard.Where(t => !_awaited[t].Task.IsCompleted))];
        }
        finally
        {
            _awaited.Clear();
        }
    }

    private IEnumerable<OutMessage> Acks(string station) =>
        Answers.TriggerAck(
            topics,
            station,
            TriggerAckMessage.ForRefused(
                Id,
                Code.NotAllowed,
                "a test of the device's own rights at the broker; it answers no trigger",
                time.GetUtcNow()
            ),
            null
        );

    private bool IsOwn(MqttApplicationMessage message) =>
        message.Topic.EndsWith("/state", StringComparison.Ordinal)
            ? RivalDetector.Read(message.Payload).BootId == bootId
            : message.Payload.ToArray().AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(Id)) >= 0;
}
