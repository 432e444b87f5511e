using System.Text.Json;
using ClipFusion.EdgeDaemon.Delivery;
using MQTTnet;
using MQTTnet.Formatter;

namespace ClipFusion.Cli.Demo;

/// <summary>
/// A subscriber of its own on the demo's broker: it knows of the box what a PLC would know. Ready, verdicts live and replayed, and the end.
/// </summary>
internal sealed class VerdictListener : IAsyncDisposable
{
    private readonly IMqttClient _client = new MqttClientFactory().CreateMqttClient();
    private readonly Topics _topics;
    private readonly string _station;
    private readonly Action<HeardVerdict> _heard;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _offline = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private VerdictListener(Topics topics, string station, Action<HeardVerdict> heard) =>
        (_topics, _station, _heard) = (topics, station, heard);

    /// <summary>Completes when the station says for the first time that it takes triggers.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Completes when the box has said that it ends; all its verdicts were heard by then.</summary>
    public Task Offline => _offline.Task;

    /// <summary>Connects and subscribes, before the box does: nothing can be missed.</summary>
    /// <param name="port">The broker's, on 127.0.0.1.</param>
    /// <param name="topics">The device's.</param>
    /// <param name="station">Whose verdicts.</param>
    /// <param name="heard">Told of every verdict, in order, one at a time; must not wait.</param>
    /// <param name="cancellation">Ends the connecting.</param>
    public static async Task<VerdictListener> ConnectAsync(
        int port,
        Topics topics,
        string station,
        Action<HeardVerdict> heard,
        CancellationToken cancellation
    )
    {
        var listener = new VerdictListener(topics, station, heard);
        try
        {
            listener._client.ApplicationMessageReceivedAsync += listener.HearAsync;
            await listener
                ._client.ConnectAsync(
                    new MqttClientOptionsBuilder()
                        .WithTcpServer("127.0.0.1", port)
                        .WithProtocolVersion(MqttProtocolVersion.V500)
                        .WithClientId("clipfusion-demo-score")
                        .Build(),
                    cancellation
                )
                .ConfigureAwait(false);
            var filters = new MqttClientSubscribeOptionsBuilder();
            foreach (
                string topic in (string[])[topics.Verdict(station), topics.VerdictReplay(station), topics.State(station), topics.Status]
            )
                filters.WithTopicFilter(f => f.WithTopic(topic).WithAtLeastOnceQoS());
            await listener._client.SubscribeAsync(filters.Build(), cancellation).ConfigureAwait(false);
            return listener;
        }
        catch
        {
            await listener.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return default;
    }

    private Task HearAsync(MqttApplicationMessageReceivedEventArgs e)
    {
        MqttApplicationMessage message = e.ApplicationMessage;
        if (message.Topic == _topics.Verdict(_station) || message.Topic == _topics.VerdictReplay(_station))
        {
            _heard(HeardVerdict.Read(message.Payload));
        }
        else
        {
            using JsonDocument said = JsonDocument.Parse(message.Payload);
            if (message.Topic == _topics.State(_station) && said.RootElement.GetProperty("ready").GetBoolean())
                _ready.TrySetResult();
            if (message.Topic == _topics.Status && said.RootElement.GetProperty("status").GetString() != "online")
                _offline.TrySetResult();
        }

        return Task.CompletedTask;
    }
}
