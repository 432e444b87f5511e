using Microsoft.Extensions.Logging;

namespace ClipFusion.EdgeDaemon.Runtime;

/// <summary>
/// Says whether the wall clock can be believed: the kernel calls it synchronised, and it has not jumped. Only ages by the wall clock depend
/// on it; order is by sequence and durations are on the monotonic clock.
/// </summary>
/// <remarks>
/// A jump is found by comparing the wall clock with the monotonic clock: whatever the distance between the two has changed by since the
/// last jump (or the start), in one step or in many small ones. After a jump the clock is not believed until the kernel has called it
/// unsynchronised and then synchronised again, or until <see cref="Quarantine"/> has passed on the monotonic clock without another jump.
/// Nothing is remembered over a restart: then the kernel's word counts alone.
/// </remarks>
internal sealed partial class WallClock
{
    /// <summary>A change of more than this is a jump.</summary>
    public static readonly TimeSpan Jump = TimeSpan.FromHours(1);

    /// <summary>How long a clock is not believed after a jump, when nobody synchronises it anew.</summary>
    public static readonly TimeSpan Quarantine = TimeSpan.FromHours(24);

    private readonly TimeProvider _time;
    private readonly Func<bool?> _kernel;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private DateTimeOffset _anchorWall;
    private long _anchor;
    private bool _hasJumped,
        _wasUnsynchronised;
    private State _state;

    /// <summary>Starts watching, with a first look.</summary>
    /// <param name="time">Wall clock and monotonic clock.</param>
    /// <param name="logger">Event ids 5000-5009.</param>
    /// <param name="kernel">Whether the kernel calls the clock synchronised, null when it can't be asked; null here asks the real
    /// one.</param>
    public WallClock(TimeProvider time, ILogger logger, Func<bool?>? kernel = null)
    {
        (_time, _logger, _kernel) = (time, logger, kernel ?? KernelClock.IsSynchronised);
        (_anchorWall, _anchor) = (time.GetUtcNow(), time.GetTimestamp());
        _state = new State(_kernel(), HasJumped: false);
        if (_state.Kernel is false)
            LogUnsynchronised();
        if (_state.Kernel is null)
            LogUnknown();
    }

    /// <summary>Whether the kernel calls the clock synchronised; true where it can't be asked.</summary>
    public bool IsSynchronised => Volatile.Read(ref _state).Kernel is not false;

    /// <summary>Whether ages by the wall clock mean anything: synchronised, and no jump that still counts.</summary>
    public bool IsTrusted => Volatile.Read(ref _state) is { Kernel: not false, HasJumped: false };

    /// <summary>For <c>clockSynchronised</c> in state: <see cref="IsTrusted"/>, or null while nothing speaks against a clock that the
    /// kernel says nothing about.</summary>
    public bool? Told =>
        Volatile.Read(ref _state) switch
        {
            { HasJumped: true } => false,
            var state => state.Kernel,
        };

    /// <summary>Looks at the clocks; call it about every second. Changes are logged once.</summary>
    /// <returns><see cref="IsTrusted"/>.</returns>
    public bool Check()
    {
        lock (_gate)
        {
            State before = _state;
            // The clock before the kernel's word: setting the clock takes that word back, so one read afterwards knows of the jump.
            LookForJump(before.Kernel is false);
            bool? kernel = _kernel();
            if (_hasJumped)
                LookForHealing(kernel);
            Volatile.Write(ref _state, new State(kernel, _hasJumped));
            if (kernel is false && before.Kernel is not false)
                LogUnsynchronised();
            if (kernel is true && before.Kernel is not true)
                LogSynchronised();
            return IsTrusted;
        }
    }

    /// <summary>Looks at the clocks every second until the program ends.</summary>
    /// <param name="tell">Told each time whether the clock can be believed.</param>
    /// <param name="stop">The program's end.</param>
    /// <returns>Never, but by cancellation.</returns>
    public async Task WatchAsync(Action<bool> tell, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), _time);
        while (await timer.WaitForNextTickAsync(stop).ConfigureAwait(false))
            tell(Check());
    }

    private void LookForJump(bool wasUnsynchronised)
    {
        DateTimeOffset wall = _time.GetUtcNow();
        long now = _time.GetTimestamp();
        TimeSpan jump = wall - _anchorWall - _time.GetElapsedTime(_anchor, now);
        if (jump.Duration() <= Jump)
            return;
        (_anchorWall, _anchor) = (wall, now);
        (_hasJumped, _wasUnsynchronised) = (true, wasUnsynchronised);
        LogJump(jump);
    }

    private void LookForHealing(bool? kernel)
    {
        bool isSynchronisedAnew = kernel is true && _wasUnsynchronised;
        _wasUnsynchronised |= kernel is false;
        // The anchor stands where the last jump was seen.
        if (!isSynchronisedAnew && _time.GetElapsedTime(_anchor) < Quarantine)
            return;
        _hasJumped = false;
        LogHealed(isSynchronisedAnew ? "it was synchronised anew" : "it has not jumped for a day");
    }

    /// <summary>What was seen last; replaced as a whole, so that readers see one look and not two.</summary>
    private sealed record State(bool? Kernel, bool HasJumped);

    [OperatorAction("Nothing.")]
    [LoggerMessage(5000, LogLevel.Information, "The wall clock is synchronised")]
    private partial void LogSynchronised();

    [OperatorAction("Set up a time service (chrony, systemd-timesyncd) on the device. Inspections go on; only deleting by age waits.")]
    [LoggerMessage(
        5001,
        LogLevel.Warning,
        "The kernel calls the wall clock not synchronised: nothing is deleted for its age until a time service has set it"
    )]
    private partial void LogUnsynchronised();

    [OperatorAction("Find out who set the clock. Inspections go on; only deleting by age waits.")]
    [LoggerMessage(
        5002,
        LogLevel.Warning,
        "The wall clock jumped by {Jump}: nothing is deleted for its age until it is synchronised anew, or for a day"
    )]
    private partial void LogJump(TimeSpan jump);

    [OperatorAction("Nothing.")]
    [LoggerMessage(5003, LogLevel.Information, "The jump of the wall clock no longer counts: {Why}")]
    private partial void LogHealed(string why);

    [OperatorAction("Nothing.")]
    [LoggerMessage(5004, LogLevel.Warning, "The kernel can't be asked whether the wall clock is synchronised: only its jumps count")]
    private partial void LogUnknown();
}
