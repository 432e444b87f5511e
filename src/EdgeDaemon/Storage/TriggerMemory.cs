using ClipFusion.EdgeDaemon.Domain;

namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>What a trigger id is to a station.</summary>
internal enum TriggerMatch
{
    /// <summary>Not seen lately (or the trigger has no id): accept it, then say <see cref="TriggerMemory.Accepted"/> or
    /// <see cref="TriggerMemory.Refused"/>.</summary>
    New,

    /// <summary>The same trigger again: answer with the first.</summary>
    Duplicate,

    /// <summary>The same id with another part or recipe: refuse it.</summary>
    Conflict,
}

/// <summary>The answer of <see cref="TriggerMemory.Claim"/>.</summary>
/// <param name="Match">What the trigger is.</param>
/// <param name="First">For a duplicate: ends with the first one's inspection once it is accepted, or with null when it was refused. Null
/// otherwise.</param>
/// <param name="Verdict">For a duplicate: the verdict given already; null when there is none yet.</param>
internal readonly record struct TriggerClaim(TriggerMatch Match, Task<AcceptedInspection?>? First, VerdictRecord? Verdict);

/// <summary>
/// Recognises triggers of one station that come twice. An id is remembered for its time to live on the monotonic clock, counted from its
/// first receipt, and for a number of ids at most: beyond that the oldest is forgotten. Safe for several threads.
/// </summary>
internal sealed class TriggerMemory
{
    /// <summary>Longest time to live.</summary>
    public static readonly TimeSpan LongestTtl = TimeSpan.FromMinutes(10);

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private TimeSpan _ttl;
    private readonly int _capacity;
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly Queue<Entry> _order = new();

    /// <summary>An empty memory, or one that knows the recent past.</summary>
    /// <param name="time">Monotonic clock.</param>
    /// <param name="ttl">Time to live, above zero, at most <see cref="LongestTtl"/>.</param>
    /// <param name="capacity">Ids at most, at least 1.</param>
    /// <param name="recent">From <see cref="InspectionStore.ReadRecent"/>, newest first; null for none.</param>
    /// <exception cref="ArgumentOutOfRangeException">A limit is out of range.</exception>
    public TriggerMemory(TimeProvider time, TimeSpan ttl, int capacity, IReadOnlyList<RecentTrigger>? recent = null)
    {
        CheckTtl(ttl);
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        (_time, _ttl, _capacity) = (time, ttl, capacity);
        foreach (RecentTrigger trigger in (recent ?? []).Where(r => r.Inspection.TriggerId is not null && r.Age < ttl).Reverse())
        {
            TimeSpan age = trigger.Age > TimeSpan.Zero ? trigger.Age : TimeSpan.Zero;
            long received = time.GetTimestamp() - (long)(age.TotalSeconds * time.TimestampFrequency);
            Entry entry = Add(trigger.Inspection.TriggerId!, trigger.Inspection.PartId, trigger.AssertedRecipe, received);
            entry.First.SetResult(trigger.Inspection);
            entry.Verdict = trigger.Verdict;
        }
    }

    /// <summary>Time to live, above zero, at most <see cref="LongestTtl"/>; may change at any time, for ids remembered already
    /// too.</summary>
    public TimeSpan Ttl
    {
        get
        {
            lock (_gate)
                return _ttl;
        }
        set
        {
            CheckTtl(value);
            lock (_gate)
                _ttl = value;
        }
    }

    /// <summary>Ids remembered now, those whose time is over but which nobody has asked for included.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _entries.Count;
        }
    }

    /// <summary>Looks a trigger up and, if it is new, remembers it: of two that come at once only one is new.</summary>
    /// <param name="trigger">The trigger.</param>
    /// <returns>What it is.</returns>
    public TriggerClaim Claim(Trigger trigger)
    {
        if (trigger.TriggerId is not { } id)
            return new TriggerClaim(TriggerMatch.New, null, null);
        lock (_gate)
        {
            Forget();
            if (!_entries.TryGetValue(id, out Entry? entry) || _time.GetElapsedTime(entry.Received) >= _ttl)
            {
                Add(id, trigger.PartId, trigger.Recipe, trigger.ReceivedTimestamp);
                return new TriggerClaim(TriggerMatch.New, null, null);
            }

            return entry.PartId == trigger.PartId && entry.Recipe == trigger.Recipe
                ? new TriggerClaim(TriggerMatch.Duplicate, entry.First.Task, entry.Verdict)
                : new TriggerClaim(TriggerMatch.Conflict, null, null);
        }
    }

    /// <summary>The new trigger was accepted.</summary>
    /// <param name="inspection">As what.</param>
    public void Accepted(AcceptedInspection inspection)
    {
        lock (_gate)
        {
            if (inspection.TriggerId is { } id && _entries.TryGetValue(id, out Entry? entry))
                entry.First.TrySetResult(inspection);
        }
    }

    /// <summary>The new trigger was refused: its id is free again.</summary>
    /// <param name="trigger">The trigger that <see cref="Claim"/> called new.</param>
    public void Refused(Trigger trigger)
    {
        lock (_gate)
        {
            if (trigger.TriggerId is { } id && _entries.TryGetValue(id, out Entry? entry) && !entry.First.Task.IsCompleted)
            {
                _entries.Remove(id);
                entry.First.TrySetResult(null);
            }
        }
    }

    /// <summary>The inspection has its verdict; duplicates from now on are given it.</summary>
    /// <param name="record">The stored verdict.</param>
    public void Judged(VerdictRecord record)
    {
        lock (_gate)
        {
            bool isKnown =
                record.Inspection.TriggerId is { } id
                && _entries.TryGetValue(id, out Entry? entry)
                && entry.First.Task is { IsCompletedSuccessfully: true, Result: { } first }
                && first.Id == record.Inspection.Id;
            if (isKnown)
                _entries[record.Inspection.TriggerId!].Verdict = record;
        }
    }

    private static void CheckTtl(TimeSpan ttl)
    {
        if (ttl <= TimeSpan.Zero || ttl > LongestTtl)
            throw new ArgumentOutOfRangeException(
                nameof(ttl),
                ttl,
                $"Triggers can be remembered for up to {LongestTtl}, and not for {ttl}."
            );
    }

    private Entry Add(string id, string? partId, string? recipe, long received)
    {
        while (_order.Count >= _capacity)
            Drop();
        var entry = new Entry(id, partId, recipe, received);
        _entries[id] = entry;
        _order.Enqueue(entry);
        return entry;
    }

    private void Forget()
    {
        while (_order.TryPeek(out Entry? oldest) && _time.GetElapsedTime(oldest.Received) >= _ttl)
            Drop();
    }

    private void Drop()
    {
        Entry oldest = _order.Dequeue();
        // A refused id may have been claimed anew since: the newer entry stays.
        if (_entries.TryGetValue(oldest.Id, out Entry? current) && ReferenceEquals(current, oldest))
            _entries.Remove(oldest.Id);
        // Nobody waits for ever on an id that is forgotten before it was accepted.
        oldest.First.TrySetResult(null);
    }

    private sealed class Entry(string id, string? partId, string? recipe, long received)
    {
        public string Id => id;

        public string? PartId => partId;

        public string? Recipe => recipe;

        public long Received => received;

        public TaskCompletionSource<AcceptedInspection?> First { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public VerdictRecord? Verdict { get; set; }
    }
}
