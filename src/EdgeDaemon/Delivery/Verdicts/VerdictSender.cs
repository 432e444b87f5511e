namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>Makes a station's verdict messages and publishes them; remembers what the present row has reached, so that a second attempt repeats no more than it must.</summary>
internal sealed class VerdictSender(Topics topics, Publish publish, Freshness freshness)
{
    // Rows whose publish was cut off before the answer: the next sending may be the second. One per loss of the connection at most.
    private readonly HashSet<long> _maybeSent = [];
    private (long Sequence, bool Text, bool Json) _reached;

    /// <summary>Publishes on the live topics, both at once.</summary>
    public async Task<PublishOutcome> SendLiveAsync(OutboxRow row, TimeSpan liveFor, bool isResend, CancellationToken cancellationToken)
    {
        var (text, json) = !isResend && _reached.Sequence == row.Sequence ? (_reached.Text, _reached.Json) : (false, false);
        var flags = new SendingFlags(freshness.IsLate(row), Replayed: false, Duplicate: isResend || MaybeSent(row));
        var reached = new PublishOutcome(PublishStatus.Delivered);
        var textTask = text ? Task.FromResult(reached) : publish(
            new(topics.VerdictSimple(row.Station), SimpleText.Verdict(row.Verdict, flags)) { Expiry = liveFor, ContentType = "text/plain" }, cancellationToken);
        var jsonTask = json ? Task.FromResult(reached) : publish(
            new(topics.Verdict(row.Station), Wire.Json(new VerdictMessage(row.Verdict, flags))) { Expiry = liveFor }, cancellationToken);

        var outcomes = await Task.WhenAll(textTask, jsonTask);
        var worst = Worst(outcomes[0], outcomes[1]);
        if (!isResend) Remember(row, worst, outcomes[0].Status == PublishStatus.Delivered, outcomes[1].Status == PublishStatus.Delivered);
        return worst;
    }

    /// <summary>Publishes on the replay topic.</summary>
    public async Task<PublishOutcome> SendReplayAsync(OutboxRow row, bool isResend, CancellationToken cancellationToken)
    {
        var flags = new SendingFlags(freshness.IsLate(row), Replayed: true, Duplicate: isResend || MaybeSent(row));
        var outcome = await publish(new(topics.VerdictReplay(row.Station), Wire.Json(new VerdictMessage(row.Verdict, flags))), cancellationToken);
        if (outcome.Status is PublishStatus.Unknown or PublishStatus.Delivered) NoteSent(row, outcome.Status == PublishStatus.Unknown);
        return outcome;
    }

    private void Remember(OutboxRow row, PublishOutcome worst, bool text, bool json)
    {
        _reached = (row.Sequence, text, json);
        // A row that reached one topic and grows old goes to replay: there it has been seen before.
        if (worst.Status == PublishStatus.Delivered) NoteSent(row, false);
        else if (worst.Status == PublishStatus.Unknown || text || json) NoteSent(row, true);
    }

    private bool MaybeSent(OutboxRow row)
    {
        lock (_maybeSent) return _maybeSent.Contains(row.Sequence);
    }

    private void NoteSent(OutboxRow row, bool maybe)
    {
        lock (_maybeSent)
        {
            if (maybe) _maybeSent.Add(row.Sequence);
            else _maybeSent.Remove(row.Sequence);
        }
    }

    private static PublishOutcome Worst(PublishOutcome a, PublishOutcome b) => Rank(a.Status) >= Rank(b.Status) ? a : b;

    private static int Rank(PublishStatus status) => status switch
    {
        PublishStatus.Refused => 3,
        PublishStatus.Unknown => 2,
        PublishStatus.NotSent => 1,
        _ => 0,
    };
}
