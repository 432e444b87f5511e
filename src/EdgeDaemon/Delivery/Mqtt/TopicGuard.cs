namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>How something may be sent.</summary>
internal enum Passage
{
    /// <summary>Among others.</summary>
    Free,

    /// <summary>With nothing else under way: if the connection ends now, this was why.</summary>
    Alone,

    /// <summary>Not now: the broker ends the connection each time.</summary>
    Denied,
}

/// <summary>A topic that costs the connection each time.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="For">How long nothing is sent there.</param>
internal sealed record TopicDenial(string Topic, TimeSpan For);

/// <summary>
/// Finds the topics at which a broker ends the connection, or falls silent, instead of refusing: with MQTT 3.1.1 it has no other way to say
/// no. What was under way when a
/// connection ended is suspected and is sent alone the next time. A topic that was alone when the connection ended, as often as is no
/// accident, is denied: it is not
/// sent for a while, so that one forbidden topic does not take the device's connection away from everything else. Safe for several threads
/// and connections.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="denied">Told of each denial; must not wait.</param>
internal sealed class TopicGuard(TimeProvider time, Action<TopicDenial> denied)
{
    /// <summary>Ends of a connection with one topic alone under way that are no accident.</summary>
    public const int Proof = 2;

    private static readonly TimeSpan FirstDenial = TimeSpan.FromMinutes(1),
        LongestDenial = TimeSpan.FromMinutes(15);

    // Topics are the device's own: a few for each station.
    private readonly Dictionary<string, Suspect> _suspects = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    /// <summary>How a message on a topic may be sent now.</summary>
    public Passage Ask(string topic)
    {
        lock (_gate)
        {
            if (!_suspects.TryGetValue(topic, out Suspect? suspect))
                return Passage.Free;
            return suspect.DeniedUntil is { } until && time.GetTimestamp() < until ? Passage.Denied : Passage.Alone;
        }
    }

    /// <summary>The broker answered, whatever it said.</summary>
    public void Answered(string topic)
    {
        lock (_gate)
            _suspects.Remove(topic);
    }

    /// <summary>The connection ended before an answer.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="wasAlone">Whether nothing else was under way.</param>
    /// <param name="proof">How often that has to happen alone until it is no accident.</param>
    public void Unanswered(string topic, bool wasAlone, int proof = Proof)
    {
        TopicDenial? denial = null;
        lock (_gate)
        {
            if (!_suspects.TryGetValue(topic, out Suspect? suspect))
                _suspects[topic] = suspect = new Suspect();
            if (!wasAlone || ++suspect.Ends < proof)
                return;
            denial = new TopicDenial(
                topic,
                TimeSpan.FromMinutes(Math.Min(FirstDenial.TotalMinutes * Math.Pow(2, suspect.Denials++), LongestDenial.TotalMinutes))
            );
            // Where the time is over it is tried again, and one more end is enough.
            (suspect.Ends, suspect.DeniedUntil) = (
                proof - 1,
                time.GetTimestamp() + (long)(denial.For.TotalSeconds * time.TimestampFrequency)
            );
        }
        denied(denial);
    }

    private sealed class Suspect
    {
        public int Ends { get; set; }

        public int Denials { get; set; }

        public long? DeniedUntil { get; set; }
    }
}
