using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Inspections;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>
/// Publishes one station's state: every second with a beat, at once when ready changes, and otherwise at most ten times a second while things change.
/// </summary>
/// <param name="station">Whose state.</param>
/// <param name="stateOf">Makes the message for a beat.</param>
/// <param name="publish">Sends it; must not wait.</param>
/// <param name="time">The clock.</param>
internal sealed class StateReporter(Station station, Func<long, StateMessage> stateOf, Action<StateMessage> publish, TimeProvider time)
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1), Shortest = TimeSpan.FromMilliseconds(100), Least = TimeSpan.FromMilliseconds(1);

    /// <summary>Runs until the program ends; the last message is what the station is then.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var changed = new Signal();
        station.Changed += changed.Set;
        try
        {
            long beat = 0, beatAt = 0, sentAt = 0;
            bool? wasReady = null;
            for (bool isUnsaid = false; ;)
            {
                bool isReady = station.Readiness.Code == Code.None, isBeat = beat == 0 || time.GetElapsedTime(beatAt) >= Beat;
                if (isBeat)
                {
                    // Beats keep their pace, but missed ones are not made up for.
                    long next = beatAt + (long)(Beat.TotalSeconds * time.TimestampFrequency);
                    beatAt = beat == 0 || time.GetElapsedTime(next) >= Beat ? time.GetTimestamp() : next;
                    beat++;
                }

                if (isBeat || isReady != wasReady || (isUnsaid && time.GetElapsedTime(sentAt) >= Shortest))
                {
                    publish(stateOf(beat));
                    (wasReady, sentAt, isUnsaid) = (isReady, time.GetTimestamp(), false);
                }

                TimeSpan untilBeat = Beat - time.GetElapsedTime(beatAt), untilAllowed = Shortest - time.GetElapsedTime(sentAt);
                TimeSpan wait = isUnsaid && untilAllowed < untilBeat ? untilAllowed : untilBeat;
                if (wait < Least) wait = Least;
                isUnsaid |= await changed.WaitAsync(wait, time, stop).ConfigureAwait(false);
            }
        }
        finally
        {
            station.Changed -= changed.Set;
        }
    }
}
