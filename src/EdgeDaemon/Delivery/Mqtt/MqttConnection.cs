using ClipFusion.Foundation;
using MQTTnet;

namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>How a connection or an attempt ended.</summary>
/// <param name="Error">In a word.</param>
/// <param name="Text">For people.</param>
/// <param name="Stood">How long it stood; null for an attempt that the broker did not take.</param>
/// <param name="WasBusy">Whether a message was under way, which may be the reason.</param>
internal readonly record struct LinkEnd(LinkError Error, string Text, TimeSpan? Stood, bool WasBusy);

/// <summary>Keeps one client connected: attempt, wait, attempt again, for ever. What is done on the connection is its owner's
/// affair.</summary>
internal sealed class MqttConnection(BrokerOptions broker, string clientId, OutMessage? will, TopicGuard guard, TimeProvider time)
    : IAsyncDisposable
{
    private const int ManyBrief = 4;
    private const string SecondUser = "does another client use the same user or address, and the broker allow one connection of it?";

    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private LinkState _state = new(false, time.GetUtcNow(), LinkError.None, null, null);
    private volatile MqttSession? _session;
    private volatile Task _opening = Task.CompletedTask;
    private volatile TaskCompletionSource<(LinkError Error, string Text)> _leaving = new();
    private Task _loop = Task.CompletedTask;

    /// <summary>Called for each message, on the client's receiving loop: it must not wait.</summary>
    public Action<MqttApplicationMessage> Received { get; init; } = _ => { };

    /// <summary>Called on a new connection before anybody may use it; returns what is wrong with it, if anything.</summary>
    public Func<MqttSession, CancellationToken, Task<(LinkError Error, string Text)?>> Opened { get; init; } =
        (_, _) => Task.FromResult<(LinkError, string)?>(null);

    /// <summary>Called after another client took the session over; waits until it may be tried again.</summary>
    public Func<CancellationToken, Task> Displaced { get; init; } =
        cancellation => Task.Delay(BackOff.Jitter(broker.TakenOverDelay, Random.Shared), time, cancellation);

    /// <summary>Called before each attempt; waits until there may be one.</summary>
    public Func<CancellationToken, Task> Allowed { get; init; } = _ => Task.CompletedTask;

    /// <summary>Called after each end but the program's own: its owner may know more of the reason than the broker says.</summary>
    public Func<LinkEnd, CancellationToken, Task<(LinkError Error, string Text)>> Explain { get; init; } =
        (end, _) => Task.FromResult((end.Error, end.Text));

    /// <summary>Called before a clean end.</summary>
    public Func<MqttSession, CancellationToken, Task> Closing { get; init; } = (_, _) => Task.CompletedTask;

    /// <summary>How it is doing.</summary>
    public LinkState State
    {
        get
        {
            lock (_gate)
                return _state;
        }
    }

    /// <summary>Begins; to be called once.</summary>
    public void Start() => _loop = Task.Run(RunAsync);

    /// <summary>Publishes on the connection that there is, if there is one; one that is being opened is waited for, since commands may
    /// arrive on it already.</summary>
    public async Task<PublishOutcome> PublishAsync(OutMessage message, CancellationToken cancellationToken) =>
        await await SendAsync(message, cancellationToken);

    /// <summary>As <see cref="PublishAsync"/>, but ends as soon as the message has its place in the order of the connection; the task
    /// inside ends with the broker's answer.</summary>
    public async ValueTask<Task<PublishOutcome>> SendAsync(OutMessage message, CancellationToken cancellationToken)
    {
        await _opening.WaitAsync(cancellationToken);
        return _session is { } session ? await session.SendAsync(message, cancellationToken) : MqttSession.NotSent;
    }

    /// <summary>Waits for a state; at once when it is the present one.</summary>
    public async Task<LinkState> WhenAsync(Predicate<LinkState> wanted, CancellationToken cancellationToken)
    {
        while (true)
        {
            LinkState state;
            Task changed;
            lock (_gate)
                (state, changed) = (_state, _changed.Task);
            if (wanted(state))
                return state;
            await changed.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Gives the present connection up, cleanly, for a reason that its owner found. Never waits.</summary>
    public void Leave(LinkError error, string text) => _leaving.TrySetResult((error, text));

    /// <summary>Ends cleanly: the broker does not publish the will.</summary>
    public async Task StopAsync()
    {
        if (!_stop.IsCancellationRequested)
            await _stop.CancelAsync();
        await _loop;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        var backOff = new BackOff(broker.FirstDelay, broker.LongestDelay, new Random());
        int brief = 0;
        while (!_stop.IsCancellationRequested)
        {
            await Allowed(_stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_stop.IsCancellationRequested)
                break;
            LinkEnd end = await ConnectOnceAsync();
            if (_stop.IsCancellationRequested)
                break;
            // Those who publish stop at once; the reason follows when it is known.
            if (end.Stood is not null)
                Change(false, LinkError.None, null);
            // The other one may have been quicker to throw us out than we to leave.
            (LinkError error, string text) = _leaving.Task.IsCompleted ? await _leaving.Task : await ExplainAsync(end);
            if (_stop.IsCancellationRequested)
                break;
            // One that ends as soon as it is made is no success: whatever ends it will be there the next time.
            if (end.Stood >= broker.StableAfter)
            {
                brief = 0;
                backOff.Reset();
            }
            else if (end.Stood is not null)
            {
                brief++;
            }
            if (brief >= ManyBrief)
                text += $". This was connection {brief} in a row that ended within {broker.StableAfter.TotalSeconds} s; {SecondUser}";
            Change(false, error, text);
            var wait = error == LinkError.SessionTakenOver ? Displaced(_stop.Token) : Task.Delay(backOff.Next(), time, _stop.Token);
            await wait.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        Change(false, LinkError.None, null);
    }

    private async Task<(LinkError Error, string Text)> ExplainAsync(LinkEnd end)
    {
        try
        {
            return await Explain(end, _stop.Token);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            return (end.Error, end.Text);
        }
    }

    private async Task<LinkEnd> ConnectOnceAsync()
    {
        using var client = new MqttClientFactory().CreateMqttClient();
        MqttSession? session = null;
        var opening = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        (LinkError Error, string Text)? reason = null;
        LinkEnd End((LinkError Error, string Text) why) => new(why.Error, why.Text, session?.Age, session?.WasBusy ?? false);
        client.DisconnectedAsync += e =>
        {
            reason = LinkErrors.Of(e);
            session?.End(reason.Value.Error, reason.Value.Text);
            return Task.CompletedTask;
        };
        client.ApplicationMessageReceivedAsync += e =>
        {
            Received(e.ApplicationMessage);
            return Task.CompletedTask;
        };
        try
        {
            _opening = opening.Task;
            var leaving = new TaskCompletionSource<(LinkError, string)>(TaskCreationOptions.RunContinuationsAsynchronously);
            _leaving = leaving;
            var answer = await MqttMapping.ConnectAsync(client, broker, clientId, will, time, _stop.Token);
            if (answer.ResultCode != MqttClientConnectResultCode.Success)
                return End(LinkErrors.Of(answer, broker.Version));
            session = new MqttSession(client, broker, time, answer, guard);
            // The end may have come before there was a session to tell.
            if (!client.IsConnected)
                return End(reason ?? (LinkError.ConnectionLost, "the connection ended at once"));

            var trouble = await Opened(session, _stop.Token);
            if (session.Ended.IsCompleted)
                return End(await session.Ended);
            _session = session;
            opening.SetResult();
            Change(true, trouble?.Error ?? LinkError.None, trouble?.Text);
            await Task.WhenAny(session.Ended, leaving.Task).WaitAsync(_stop.Token);
            // Nobody else may say anything after the last word.
            _session = null;
            if (!session.Ended.IsCompleted)
                await CloseAsync(client, session);
            return End(await (leaving.Task.IsCompleted ? leaving.Task : session.Ended));
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            if (session is not null)
                await CloseAsync(client, session);
            return End((LinkError.None, ""));
        }
        catch (Exception e)
        {
            // Whatever the library throws at an attempt is a state of this connection, never the end of it.
            return End(session is { Ended.IsCompleted: true } ? await session.Ended : LinkErrors.Of(e, broker));
        }
        finally
        {
            _session = null;
            opening.TrySetResult();
            session?.Dispose();
        }
    }

    private async Task CloseAsync(IMqttClient client, MqttSession session)
    {
        using var limit = new CancellationTokenSource(broker.Timeout, time);
        try
        {
            await Closing(session, limit.Token);
            await client.DisconnectAsync(new MqttClientDisconnectOptions(), limit.Token);
        }
        catch (Exception e)
            when (e
                    is OperationCanceledException
                        or MQTTnet.Exceptions.MqttCommunicationException
                        or InvalidOperationException
                        or IOException
            )
        {
            // The broker is gone: the will says what could not be said.
        }
    }

    /// <summary>Notes something wrong with a connection that stays.</summary>
    public void Note(LinkError error, string text)
    {
        if (State.IsConnected)
            Change(true, error, text);
    }

    private void Change(bool isConnected, LinkError error, string? text)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            string? errorText = error == LinkError.None ? null : text;
            _state = new(
                isConnected,
                _state.IsConnected == isConnected ? _state.Since : time.GetUtcNow(),
                error,
                errorText,
                errorText ?? _state.LastErrorText
            );
            (changed, _changed) = (_changed, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }
        changed.SetResult();
    }
}
