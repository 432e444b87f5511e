using ClipFusion.EdgeDaemon.Domain;

namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>
/// Makes a station's verdict messages and publishes them. Remembers what the present row has reached, so that a second attempt repeats no
/// more than it must, and which rows may have been heard before, so that a repeat says so.
/// </summary>
internal sealed class VerdictSender(Topics topics, Publish publish, Freshness freshness)
{
    // Rows that somebody may have heard and that are not marked as delivered: their next sending may be the second. Those whose mark is
    // under way, and one per loss of the connection.
    private readonly HashSet<long> _maybeSent = [];
    private (long Sequence, Reach Text, Reach Json) _reached;

    private enum Reach
    {
        Nobody,
        Unheard,
        Heard,
    }

    /// <summary>Publishes on the live topics, both at once.</summary>
    public async Task<PublishOutcome> SendLiveAsync(OutboxRow row, TimeSpan liveFor, bool isResend, CancellationToken cancellationToken)
    {
        var (text, json) = !isResend && _reached.Sequence == row.Sequence ? (_reached.Text, _reached.Json) : (Reach.Nobody, Reach.Nobody);
        var flags = new SendingFlags(freshness.IsLate(row), Replayed: false, Duplicate: isResend || MaybeSent(row));
        // Both are made before one goes out: a row that can't be told as JSON is not told at all.
        OutMessage asText = new(topics.VerdictSimple(row.Station), SimpleText.Verdict(row.Verdict, flags))
        {
            Expiry = liveFor,
            ContentType = "text/plain",
        };
        OutMessage asJson = new(topics.Verdict(row.Station), Wire.Json(new VerdictMessage(row.Verdict, flags))) { Expiry = liveFor };

        PublishOutcome[] outcomes;
        try
        {
            outcomes = await Task.WhenAll(Send(asText, text), Send(asJson, json));
        }
        catch
        {
            NoteSent(row);
            throw;
        }

        var worst = Worst(outcomes[0], outcomes[1]) with { IsUnheard = outcomes[0].IsUnheard && outcomes[1].IsUnheard };
        if (!isResend)
        {
            _reached = (row.Sequence, ReachOf(outcomes[0]), ReachOf(outcomes[1]));
            // A row that reached one topic and grows old goes to replay: there it has been seen before.
            if (outcomes.Any(IsMaybeHeard))
                NoteSent(row);
        }
        return worst;

        Task<PublishOutcome> Send(OutMessage message, Reach before) =>
            before == Reach.Nobody
                ? publish(message, cancellationToken)
                : Task.FromResult(new PublishOutcome(PublishStatus.Delivered) { IsUnheard = before == Reach.Unheard });
    }

    /// <summary>Publishes on the replay topic.</summary>
    public async Task<PublishOutcome> SendReplayAsync(OutboxRow row, bool isResend, CancellationToken cancellationToken)
    {
        var flags = new SendingFlags(freshness.IsLate(row), Replayed: true, Duplicate: isResend || MaybeSent(row));
        OutMessage message = new(topics.VerdictReplay(row.Station), Wire.Json(new VerdictMessage(row.Verdict, flags)));
        PublishOutcome outcome;
        try
        {
            outcome = await publish(message, cancellationToken);
        }
        catch
        {
            NoteSent(row);
            throw;
        }

        if (!isResend && IsMaybeHeard(outcome))
            NoteSent(row);
        return outcome;
    }

    /// <summary>Whether somebody may have heard the row already.</summary>
    public bool MaybeSent(OutboxRow row)
    {
        if (row.Handed == Handed.ByAnEarlierProcess)
            return true;
        lock (_maybeSent)
            return _maybeSent.Contains(row.Sequence);
    }

    /// <summary>The row is marked as delivered: it does not come again.</summary>
    public void Forget(OutboxRow row)
    {
        lock (_maybeSent)
            _maybeSent.Remove(row.Sequence);
    }

    private void NoteSent(OutboxRow row)
    {
        lock (_maybeSent)
            _maybeSent.Add(row.Sequence);
    }

    private static bool IsMaybeHeard(PublishOutcome outcome) =>
        outcome is { Status: PublishStatus.Unknown } or { Status: PublishStatus.Delivered, IsUnheard: false };

    private static Reach ReachOf(PublishOutcome outcome) =>
        outcome.Status != PublishStatus.Delivered ? Reach.Nobody
        : outcome.IsUnheard ? Reach.Unheard
        : Reach.Heard;

    private static PublishOutcome Worst(PublishOutcome a, PublishOutcome b) => Rank(a.Status) >= Rank(b.Status) ? a : b;

    private static int Rank(PublishStatus status) =>
        status switch
        {
            PublishStatus.Refused => 3,
            PublishStatus.Unknown => 2,
            PublishStatus.NotSent => 1,
            _ => 0,
        };
}
