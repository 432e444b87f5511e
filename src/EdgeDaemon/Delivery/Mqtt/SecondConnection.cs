namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>Why the connection for pictures was given up.</summary>
/// <param name="Why">For people.</param>
/// <param name="For">How long until it is tried again.</param>
internal sealed record SecondGivenUp(string Why, TimeSpan For);

/// <summary>
/// What is known of the device's second connection, the one for pictures: whether the broker bears it beside the main one. There are
/// brokers that go by the user or the address and end the first connection when the second is made, and others that don't take the
/// second. Both connections tell what they live through; either way the second is given up, and tried again much later. An end of the
/// main one while a message was under way leaves open which of the two was the reason: then the second waits until the main one has
/// stood long enough for the message to have ended it again, and an end at that attempt is proof. Safe for several threads.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class SecondConnection(TimeProvider time)
{
    /// <summary>How soon after the second connection came up the main one must end for that to be the reason.</summary>
    public static readonly TimeSpan Suspicious = TimeSpan.FromSeconds(3);

    /// <summary>How long a broker or cable that fails needs to end both connections: then neither is the reason.</summary>
    private static readonly TimeSpan BothEnd = TimeSpan.FromMilliseconds(500);

    /// <summary>Attempts in a row that are not taken while the main connection stands.</summary>
    private const int MostRefusals = 3;

    private static readonly TimeSpan FirstWait = TimeSpan.FromHours(1),
        LongestWait = TimeSpan.FromHours(24);

    private readonly Lock _gate = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource? _standing;
    private SecondGivenUp? _givenUp;
    private long _triedAt,
        _retryAt;
    private int _refusals,
        _timesGivenUp;
    private bool _isSuspected,
        _isProbe;

    /// <summary>Told when it is given up; must not wait.</summary>
    public Action<SecondGivenUp> GaveUp { get; set; } = _ => { };

    /// <summary>Why it is given up at present; null when it is not.</summary>
    public SecondGivenUp? GivenUp
    {
        get
        {
            lock (_gate)
                return _givenUp is not null && time.GetTimestamp() < _retryAt ? _givenUp : null;
        }
    }

    /// <summary>How long the main connection must have stood before the second may be tried.</summary>
    public TimeSpan MainMustStand
    {
        get
        {
            lock (_gate)
                return _isSuspected ? Suspicious : TimeSpan.Zero;
        }
    }

    /// <summary>An attempt begins.</summary>
    public void Trying()
    {
        lock (_gate)
            (_triedAt, _standing, _givenUp, _isProbe) = (
                time.GetTimestamp(),
                new(TaskCreationOptions.RunContinuationsAsynchronously),
                null,
                _isSuspected
            );
        Change();
    }

    /// <summary>The broker has taken it.</summary>
    public void Opened()
    {
        lock (_gate)
            _triedAt = time.GetTimestamp();
    }

    /// <summary>The device itself gave it up: nobody wants pictures.</summary>
    public void Left()
    {
        lock (_gate)
            _standing = null;
    }

    /// <summary>It ended, or the attempt failed.</summary>
    /// <param name="end">How.</param>
    /// <param name="isMainStanding">Whether the main connection stands.</param>
    public void Ended(LinkEnd end, bool isMainStanding)
    {
        bool isEnough;
        lock (_gate)
        {
            _standing?.TrySetResult();
            _standing = null;
            if (end.Stood >= Suspicious)
                (_refusals, _isSuspected) = (0, false);
            else if (isMainStanding && !end.WasBusy)
                _refusals++;
            isEnough = _refusals >= MostRefusals;
        }
        if (isEnough)
            GiveUp($"the broker does not take a second connection of this device beside the first: {end.Text}");
    }

    /// <summary>The main connection ended: says whether the second one was the reason.</summary>
    /// <param name="end">How it ended.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<bool> HasEndedMainAsync(LinkEnd end, CancellationToken cancellationToken)
    {
        Task ended;
        lock (_gate)
        {
            if (_standing is null || time.GetElapsedTime(_triedAt) > Suspicious)
                return false;
            if (end.WasBusy && end.Error != LinkError.SessionTakenOver && !_isProbe)
            {
                _isSuspected = true;
                return false;
            }
            ended = _standing.Task;
        }
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (await Task.WhenAny(ended, Task.Delay(BothEnd, time, limit.Token)) == ended)
        {
            await limit.CancelAsync();
            return false;
        }
        cancellationToken.ThrowIfCancellationRequested();
        GiveUp(
            "the broker ended the main connection when the second one of this device was made: it allows one for each user, client id "
                + "or address"
        );
        return true;
    }

    /// <summary>Waits until it is given up.</summary>
    public async Task WhenGivenUpAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
                changed = _changed.Task;
            if (GivenUp is not null)
                return;
            await changed.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Waits until it may be tried.</summary>
    public async Task WhenAllowedAsync(CancellationToken cancellationToken)
    {
        TimeSpan left;
        lock (_gate)
            left = _givenUp is null
                ? TimeSpan.Zero
                : TimeSpan.FromSeconds((double)(_retryAt - time.GetTimestamp()) / time.TimestampFrequency);
        if (left > TimeSpan.Zero)
            await Task.Delay(left, time, cancellationToken);
    }

    private void GiveUp(string why)
    {
        SecondGivenUp given;
        lock (_gate)
        {
            given = _givenUp = new(
                why,
                TimeSpan.FromHours(Math.Min(FirstWait.TotalHours * Math.Pow(2, _timesGivenUp++), LongestWait.TotalHours))
            );
            (_standing, _refusals, _isSuspected, _retryAt) = (
                null,
                0,
                false,
                time.GetTimestamp() + (long)(given.For.TotalSeconds * time.TimestampFrequency)
            );
        }
        Change();
        GaveUp(given);
    }

    private void Change()
    {
        TaskCompletionSource changed;
        lock (_gate)
            (changed, _changed) = (_changed, new(TaskCreationOptions.RunContinuationsAsynchronously));
        changed.SetResult();
    }
}
