using System.Threading.Channels;
using ClipFusion.EdgeDaemon.Domain;
using MQTTnet;

namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>
/// The device's connection for everything but pictures: commands in, answers and verdicts out. Client id <c>clipfusion-{device}</c>, clean
/// start, nothing kept by the broker; <c>out/status</c> is online while it stands, offline after a clean stop, and lost (the will)
/// otherwise.
/// </summary>
internal sealed class MqttLink : IAsyncDisposable
{
    private static readonly TimeSpan RepublishEvery = TimeSpan.FromMilliseconds(250);

    private readonly LinkOptions _options;
    private readonly TimeProvider _time;
    private readonly MqttConnection _connection;
    private readonly CommandRouter _router;
    private readonly Dictionary<string, ReplyQueue> _replies;
    private readonly OutMessage _online;
    private readonly RivalDetector _rivals;
    private readonly RightsTest _rights;
    private readonly BrokerProbe _probe;
    private readonly LiveTraffic _traffic = new();
    private readonly Channel<LinkNotice> _notices = Channel.CreateBounded<LinkNotice>(
        new BoundedChannelOptions(64) { FullMode = BoundedChannelFullMode.DropOldest }
    );
    private readonly Channel<bool> _contradicted = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
    );
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
        _router = new CommandRouter(
            options,
            Topics,
            time,
            (station, message) => TrySend(station, message),
            (station, ack, correlation) => Acknowledge(station, ack, correlation)
        );
        _rights = new RightsTest(Topics, options.Stations, options.BootId, time);
        _probe = new BrokerProbe(options.Broker, $"clipfusion-{options.Device}-probe", time);
        Guard = new TopicGuard(time, d => _notices.Writer.TryWrite(new LinkNotice.Denied(d.Topic, d.For)));
        Second = new SecondConnection(time) { GaveUp = g => _notices.Writer.TryWrite(new LinkNotice.OneConnection(g.Why, g.For)) };
        _connection = new MqttConnection(options.Broker, $"clipfusion-{options.Device}", Status(DeviceStatus.Lost), Guard, time)
        {
            Explain = ExplainAsync,
            Received = Receive,
            Opened = OpenAsync,
            Displaced = StayAwayAsync,
            Closing = (session, cancellation) => session.PublishAsync(Status(DeviceStatus.Offline), cancellation),
        };
        _replies = options.Stations.ToDictionary(s => s, _ => new ReplyQueue(SendAsync, options.AnswerQueue), StringComparer.Ordinal);
    }

    /// <summary>The device's topics.</summary>
    public Topics Topics { get; }

    /// <summary>How the connection is doing.</summary>
    public LinkState State => _connection.State;

    /// <summary>Acks, states and the like that never reached the broker.</summary>
    public long DroppedAnswers => _replies.Values.Sum(q => q.Dropped);

    /// <summary>What is worth a line in the log besides the state; one reader.</summary>
    internal ChannelReader<LinkNotice> Notices => _notices.Reader;

    /// <summary>Which topics cost the connection; for all connections of the device.</summary>
    internal TopicGuard Guard { get; }

    /// <summary>What is known of the device's second connection.</summary>
    internal SecondConnection Second { get; }

    /// <summary>A station's commands in the order of their arrival; one reader.</summary>
    public ChannelReader<Command> Commands(string station) => _router.Commands(station);

    /// <summary>Begins to connect; to be called once.</summary>
    public void Start()
    {
        _connection.Start();
        _guard = Task.Run(GuardStatusAsync);
    }

    /// <summary>Waits until the connection is in some state.</summary>
    public Task<LinkState> WhenAsync(Predicate<LinkState> wanted, CancellationToken cancellationToken) =>
        _connection.WhenAsync(wanted, cancellationToken);

    /// <summary>Waits until the connection has stood for some time without a break.</summary>
    internal async Task WhenStoodAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        while (true)
        {
            LinkState before = await WhenAsync(s => s.IsConnected, cancellationToken);
            if (time == TimeSpan.Zero)
                return;
            await Task.Delay(time, _time, cancellationToken);
            if (State is { IsConnected: true } now && now.Since == before.Since)
                return;
        }
    }

    /// <summary>Publishes one message and waits for the broker's answer; for what must arrive.</summary>
    public async Task<PublishOutcome> PublishAsync(OutMessage message, CancellationToken cancellationToken) =>
        await await SendAsync(message, cancellationToken);

    /// <summary>Waits for a moment in which no verdict or answer is under way.</summary>
    internal Task WhenQuietAsync(CancellationToken cancellationToken) => _traffic.WhenIdle().WaitAsync(cancellationToken);

    /// <summary>Queues a message for its station without waiting; for what is worth nothing later. False when it was dropped.</summary>
    public bool TrySend(string station, OutMessage message) => _replies[station].TrySend(message);

    /// <summary>Answers a trigger on both ack topics; never waits.</summary>
    /// <returns><see cref="PublishStatus.Delivered"/> only when both were; else what became of the first that was not.</returns>
    public QueuedAnswer Acknowledge(string station, TriggerAckMessage ack, byte[]? correlationData)
    {
        QueuedAnswer[] queued =
        [
            .. Answers
                .TriggerAck(Topics, station, ack, correlationData)
                .Select(m => _replies[station].Send(m, new AnswerTo(ack.TriggerId, !ack.Accepted))),
        ];
        return new QueuedAnswer(Task.WhenAll(queued.Select(q => q.Handed)), ToldAsync());

        async Task<PublishStatus> ToldAsync() =>
            (await Task.WhenAll(queued.Select(q => q.Told))).FirstOrDefault(s => s != PublishStatus.Delivered, PublishStatus.Delivered);
    }

    /// <summary>Queues the end of an exposure for both topics, behind the trigger's ack; never waits.</summary>
    public void TellFrame(string station, TriggerFrameMessage frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        // An answer to the same id: where its ack yields to others, this stays behind it.
        var to = new AnswerTo(frame.TriggerId, false);
        foreach (OutMessage message in Answers.TriggerFrame(Topics, station, frame))
            _replies[station].Send(message, to);
    }

    /// <summary>Publishes what the reply queues hold, then <c>offline</c>, and ends the connection.</summary>
    public async Task StopAsync()
    {
        if (!_stop.IsCancellationRequested)
            await _stop.CancelAsync();
        foreach (ReplyQueue queue in _replies.Values)
            await queue.DisposeAsync();
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

    /// <summary>As the connection does, with a count of what is under way.</summary>
    private async ValueTask<Task<PublishOutcome>> SendAsync(OutMessage message, CancellationToken cancellationToken)
    {
        _traffic.Enter();
        try
        {
            return LeaveAfterAsync(await _connection.SendAsync(message, cancellationToken));
        }
        catch
        {
            _traffic.Leave();
            throw;
        }
    }

    private async Task<PublishOutcome> LeaveAfterAsync(Task<PublishOutcome> sent)
    {
        try
        {
            return await sent;
        }
        finally
        {
            _traffic.Leave();
        }
    }

    private async Task<(LinkError, string)> ExplainAsync(LinkEnd end, CancellationToken cancellationToken)
    {
        if (end.Stood is null)
            return await _probe.ExplainAsync(end, cancellationToken);
        _probe.Forget();
        if (!await Second.HasEndedMainAsync(end, cancellationToken))
            return (end.Error, end.Text);
        return (LinkError.OneConnection, "the broker ended it when the device's second connection, the one for heatmaps, was made");
    }

    private OutMessage Status(DeviceStatus status) => Answers.Status(Topics, new StatusMessage(status, _options.BootId));

    private void Receive(MqttApplicationMessage message)
    {
        if (message.Topic != Topics.Status)
        {
            if (!_rights.Hear(message))
                _router.Take(message);
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
        var denied = await session.SubscribeAsync(
            _options.Stations.SelectMany(s => kinds.Select(k => Topics.Command(s, k))).Prepend(Topics.Status),
            cancellationToken
        );
        var birth = await session.PublishAsync(_online, cancellationToken);

        if (birth.Status == PublishStatus.Refused)
            return (LinkError.TopicDenied, $"the broker refuses {Topics.Status}: {birth.Why}");
        if (_options.Broker.Version == MqttVersion.V311)
            _ = TestSelfAsync(session, _echo.Task);
        if (denied.Count == 0)
            return null;
        string which = string.Join(", ", denied.Select(d => $"{d.Topic} ({d.Why})"));
        return (LinkError.SubscriptionDenied, $"the broker refuses subscriptions: {which}");
    }

    /// <summary>3.1.1 has no way to refuse a publish, so brokers acknowledge and drop it: whoever hears itself was not dropped.</summary>
    private async Task TestSelfAsync(MqttSession session, Task echo)
    {
        var limit = Task.Delay(_options.Broker.Timeout, _time, CancellationToken.None);
        if (await Task.WhenAny(echo, session.Ended, limit) == limit)
            _connection.Note(LinkError.TopicDenied, $"{Topics.Status} was published and did not come back: the broker seems to deny it");
        if (_options.TestsRights && !_rights.IsDone && !session.Ended.IsCompleted)
            await TestRightsAsync(session);
    }

    private async Task TestRightsAsync(MqttSession session)
    {
        try
        {
            IReadOnlyList<string>? silent = await _rights.RunAsync(session, _options.Broker.Timeout, _stop.Token);
            if (silent is null && _rights.IsDone)
                _notices.Writer.TryWrite(new LinkNotice.NotTestable());
            if (silent is not { Count: > 0 })
                return;
            string already = State is { Error: LinkError.TopicDenied or LinkError.SubscriptionDenied, ErrorText: { } said }
                ? said + "; "
                : "";
            string which = string.Join(", ", silent);
            string text = $"{already}published and did not come back: {which}; the broker seems to deny them, or to deny hearing them";
            _connection.Note(LinkError.TopicDenied, text);
        }
        catch (Exception e)
            when (e
                    is OperationCanceledException
                        or MQTTnet.Exceptions.MqttCommunicationException
                        or InvalidOperationException
                        or ObjectDisposedException
                        or IOException
            )
        {
            // The connection ended, or the program does; the state says so, and the next connection tests again.
        }
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
