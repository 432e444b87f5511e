using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Runtime;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>
/// Publishes one station's state: every second with a beat, at once when ready changes, and otherwise at most ten times a second while
/// things change.
/// </summary>
/// <param name="changed">Set when anything may have changed.</param>
/// <param name="isReady">Whether a trigger would be accepted now.</param>
/// <param name="publish">Sends the state with the number of the beat; must not wait.</param>
/// <param name="time">The clock.</param>
internal sealed class StateReporter(Signal changed, Func<bool> isReady, Action<long> publish, TimeProvider time)
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1),
        Shortest = TimeSpan.FromMilliseconds(100),
        Least = TimeSpan.FromMilliseconds(1);

    /// <summary>The reporter of a station.</summary>
    public static StateReporter Of(Station station, RunningAppliance box, Heartbeats heartbeats, TimeProvider time)
    {
        var changed = new Signal();
        station.Changed += changed.Set;
        Heartbeat heartbeat = heartbeats.Add($"{station.Name}: state");
        return new StateReporter(
            changed,
            () => station.Readiness.Code == Domain.Code.None,
            beat =>
            {
                // Every second at least: a state that is not told any more is a loop that hangs.
                heartbeat.Beat();
                box.Link.TrySend(station.Name, Answers.State(box.Link.Topics, station.Name, box.StateOf(station, beat)));
            },
            time
        );
    }

    /// <summary>Runs until the program ends.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        long beat = 0,
            beatAt = 0,
            sentAt = 0;
        bool? wasReady = null;
        for (bool isUnsaid = false; ; )
        {
            bool ready = isReady(),
                isBeat = beat == 0 || time.GetElapsedTime(beatAt) >= Beat;
            if (isBeat)
            {
                // Beats keep their pace, but missed ones are not made up for.
                long next = beatAt + (long)(Beat.TotalSeconds * time.TimestampFrequency);
                beatAt = beat == 0 || time.GetElapsedTime(next) >= Beat ? time.GetTimestamp() : next;
                beat++;
            }

            if (isBeat || ready != wasReady || (isUnsaid && time.GetElapsedTime(sentAt) >= Shortest))
            {
                publish(beat);
                (wasReady, sentAt, isUnsaid) = (ready, time.GetTimestamp(), false);
            }

            TimeSpan untilBeat = Beat - time.GetElapsedTime(beatAt),
                untilAllowed = Shortest - time.GetElapsedTime(sentAt);
            TimeSpan wait = isUnsaid && untilAllowed < untilBeat ? untilAllowed : untilBeat;
            if (wait > TimeSpan.Zero)
                isUnsaid |= await changed.WaitAsync(wait > Least ? wait : Least, time, stop).ConfigureAwait(false);
        }
    }
}
