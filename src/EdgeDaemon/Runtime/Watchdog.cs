using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ClipFusion.EdgeDaemon.Runtime;

/// <summary>
/// Looks at every loop's heartbeat and feeds the service manager's watchdog while all of them beat. A loop that hangs is named in the log
/// first, then the feeding stops and the service manager ends and restarts the program. Without a service manager it only names the loop.
/// </summary>
/// <param name="heartbeats">The loops.</param>
/// <param name="period">The service manager's period (<see cref="PeriodOf"/>); null when it has no watchdog.</param>
/// <param name="feed">Feeds the watchdog.</param>
/// <param name="time">Clock of the looks.</param>
/// <param name="log">Event ids 5010-5019.</param>
internal sealed partial class Watchdog(Heartbeats heartbeats, TimeSpan? period, Action feed, TimeProvider time, ILogger<Watchdog> log)
    : BackgroundService
{
    /// <summary>Longest time between two looks.</summary>
    public static readonly TimeSpan LongestInterval = TimeSpan.FromSeconds(5);

    private readonly HashSet<Heartbeat> _hung = [];

    /// <summary>Time between two looks, each of which feeds if it may: half of the period at most.</summary>
    public TimeSpan Interval { get; } = period is { } whole && whole / 2 < LongestInterval ? whole / 2 : LongestInterval;

    /// <summary>Reads what the service manager asks for.</summary>
    /// <param name="variable">An environment variable's value; null when it is not set.</param>
    /// <param name="processId">This process.</param>
    /// <returns><c>WATCHDOG_USEC</c>; null when it is not set or is meant for another process.</returns>
    public static TimeSpan? PeriodOf(Func<string, string?> variable, int processId)
    {
        ArgumentNullException.ThrowIfNull(variable);
        if (variable("WATCHDOG_PID") is { Length: > 0 } pid && pid != processId.ToString(CultureInfo.InvariantCulture))
            return null;
        return
            long.TryParse(variable("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out long microseconds)
            && microseconds > 0
            ? TimeSpan.FromMicroseconds(microseconds)
            : null;
    }

    /// <summary>Looks at every loop now, and feeds unless one hangs.</summary>
    /// <returns>Whether it fed.</returns>
    public bool Look()
    {
        List<Heartbeat> late = [.. heartbeats.All.Where(h => h.IsLate)];
        foreach (Heartbeat again in _hung.Except(late).ToList())
        {
            _hung.Remove(again);
            LogBeatsAgain(again.Loop);
        }

        foreach (Heartbeat hung in late.Where(_hung.Add))
            LogHangs(hung.Loop, hung.Age.TotalSeconds, hung.Limit.TotalSeconds);
        if (_hung.Count > 0)
            return false;
        feed();
        return true;
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do Look();
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
    }

    [OperatorAction(
        "Report it with the log before it. Where systemd watches the program, it restarts by itself; the inspections under way are "
            + "answered NOT_JUDGED: interrupted."
    )]
    [LoggerMessage(
        5010,
        LogLevel.Critical,
        "The loop '{Loop}' hangs: last sign of life {Seconds:0.0} s ago, {Limit:0.0} s allowed; the watchdog is not fed any more"
    )]
    private partial void LogHangs(string loop, double seconds, double limit);

    [OperatorAction(
        "Nothing now. If it comes again, the machine is too slow for what it is asked to do: compare the stage times in /metrics."
    )]
    [LoggerMessage(5011, LogLevel.Warning, "The loop '{Loop}' beats again, or has ended")]
    private partial void LogBeatsAgain(string loop);
}
