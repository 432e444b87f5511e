using System.Threading.Channels;
using MQTTnet;

namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>
/// The device's connection for everything but pictures: commands in, answers and verdicts out. Client id <c>clipfusion-{device}</c>, clean start, nothing kept by the
/// broker; <c>out/status</c> is online while it stands, offline after a clean stop, and lost (the will) otherwise.
/// </summary>
public sealed class MqttLink : IAsyncDisposable
{
    private static readonly TimeSpan RepublishEvery = TimeSpan.FromMilliseconds(250);

    private readonly LinkOptions _options;
    private readonly TimeProvider _time;
    private readonly MqttConnection _connection;
    private readonly CommandDesk _desk;
    private readonly Dictionary<string, AnswerLane> _lanes;
    private readonly OutMessage _online;
    private readonly RivalDetector _rivals;
    private readonly Channel<bool> _contradicted = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _stop = new();
    private volatile TaskCompletionSource _echo = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _guard = Task.CompletedTask;

    /// <param name="options">What to say and hear, and where.</param>
    /// <param name="time">Clock of back-off, time-outs and timestamps.</param>
    /// <exception cref="ArgumentException">The device or a station has no valid name.</exception>
    public MqttLink(LinkOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _time = time;
        Topics = new Topics(options.Device);
        _online = Status(DeviceStatus.Online);
        _rivals = new RivalDetector(_online.Payload, options.BootId, options.Broker.TakenOverDelay, time);
        _desk = new CommandDesk(options, Topics, time, (station, message) => TrySend(station, message), (station, ack, correlation) => _ = AcknowledgeAsync(station, ack, correlation));
        _connection = new MqttConnection(options.Broker, $"clipfusion-{options.Device}", Status(DeviceStatus.Lost), time)
        {
            Received = Receive,
            Opened = OpenAsync,
            Displaced = StayAwayAsync,
            Closing = (session, cancellation) => session.PublishAsync(Status(DeviceStatus.Offline), cancellation),
        };
        _lanes = options.Stations.ToDictionary(s => s, _ => new AnswerLane(_connection.SendAsync, options.AnswerQueue), StringComparer.Ordinal);
    }

    /// <summary>The device's topics.</summary>
    public Topics Topics { get; }

    /// <summary>How the connection is doing.</summary>
    public LinkState State => _connection.State;

    /// <summary>Acks, states and the like that never reached the broker.</summary>
    public long DroppedAnswers => _lanes.Values.Sum(l => l.Dropped);

    /// <summary>A station's commands in the order of their arrival; one reader.</summary>
    public ChannelReader<Command> Commands(string station) => _desk.Commands(station);

    /// <summary>Begins to connect; to be called once.</summary>
    public void Start()
    {
        _connection.Start();
        _guard = Task.Run(GuardStatusAsync);
    }

    /// <summary>Waits until the connection is in some state.</summary>
    public Task<LinkState> WhenAsync(Predicate<LinkState> wanted, CancellationToken cancellationToken) => _connection.WhenAsync(wanted, cancellationToken);

    /// <summary>Publishes one message and waits for the broker's answer; for what must arrive.</summary>
    public Task<PublishOutcome> PublishAsync(OutMessage message, CancellationToken cancellationToken) => _connection.PublishAsync(message, cancellationToken);

    /// <summary>Lays a message on its station's lane without waiting; for what is worth nothing later. False when it was dropped.</summary>
    public bool TrySend(string station, OutMessage message) => _lanes[station].TrySend(message);

    /// <summary>Answers a trigger on both ack topics: lays the messages on the station's lane at once, and tells what became of them once the broker has answered.</summary>
    /// <returns><see cref="PublishStatus.Delivered"/> only when both were; else what became of the first that was not.</returns>
    public async Task<PublishStatus> AcknowledgeAsync(string station, TriggerAckMessage ack, byte[]? correlationData)
    {
        Task<PublishStatus>[] told = [.. Answers.TriggerAck(Topics, station, ack, correlationData).Select(m => _lanes[station].SendAsync(m, new AnswerTo(ack.TriggerId, !ack.Accepted)))];
        return (await Task.WhenAll(told)).FirstOrDefault(s => s != PublishStatus.Delivered, PublishStatus.Delivered);
    }

    /// <summary>Publishes what the lanes hold, then <c>offline</c>, and ends the connection.</summary>
    public async Task StopAsync()
    {
        if (!_stop.IsCancellationRequested) await _stop.CancelAsync();
        foreach (var lane in _lanes.Values) await lane.DisposeAsync();
        await _connection.StopAsync();
        await _guard;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _connection.DisposeAsync();
        _stop.Dispose();
    }

    private OutMessage Status(DeviceStatus status) => Answers.Status(Topics, new StatusMessage(status, _options.BootId));

    private void Receive(MqttApplicationMessage message)
    {
        if (message.Topic != Topics.Status)
        {
            _desk.Take(message);
            return;
        }
        switch (_rivals.Hear(message.Payload, out string? rival))
        {
            case StatusNews.Own:
                _echo.TrySetResult();
                break;
            case StatusNews.Contradicted:
                _contradicted.Writer.TryWrite(true);
                break;
            default:
                var (error, text) = LinkErrors.OfRival(_options.Device, rival!);
                _connection.Leave(error, text);
                break;
        }
    }

    private async Task StayAwayAsync(CancellationToken cancellationToken)
    {
        await new TakeoverWatch(_options.Broker, Topics, _options.BootId, _time).WaitAsync(cancellationToken);
        _rivals.Forget();
    }

    private async Task<(LinkError, string)?> OpenAsync(MqttSession session, CancellationToken cancellationToken)
    {
        _echo = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var kinds = Enum.GetValues<CommandKind>();
        var granted = await session.SubscribeAsync(_options.Stations.SelectMany(s => kinds.Select(k => Topics.Command(s, k))).Prepend(Topics.Status), cancellationToken);
        var birth = await session.PublishAsync(_online, cancellationToken);

        if (birth.Status == PublishStatus.Refused) return (LinkError.TopicDenied, $"the broker refuses {Topics.Status}: {birth.Why}");
        var denied = granted.Where(g => (int)g.ResultCode >= 0x80).Select(g => $"{g.TopicFilter.Topic} ({g.ResultCode})").ToList();
        if (denied.Count > 0) return (LinkError.SubscriptionDenied, $"the broker refuses subscriptions: {string.Join(", ", denied)}");
        if (_options.Broker.Version == MqttVersion.V311) _ = TestSelfAsync(session, _echo.Task);
        return null;
    }

    /// <summary>3.1.1 has no way to refuse a publish, so brokers acknowledge and drop it: whoever hears itself was not dropped.</summary>
    private async Task TestSelfAsync(MqttSession session, Task echo)
    {
        var limit = Task.Delay(_options.Broker.Timeout, _time, CancellationToken.None);
        if (await Task.WhenAny(echo, session.Ended, limit) == limit)
            _connection.Note(LinkError.TopicDenied, $"{Topics.Status} was published and did not come back: the broker seems to deny it");
    }

    /// <summary>Somebody else's value on the status topic (an old will, for one) is set right, at most four times a second.</summary>
    private async Task GuardStatusAsync()
    {
        try
        {
            await foreach (bool _ in _contradicted.Reader.ReadAllAsync(_stop.Token))
            {
                await _connection.PublishAsync(_online, _stop.Token);
                await Task.Delay(RepublishEvery, _time, _stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The end of the link.
        }
    }
}
