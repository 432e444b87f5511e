using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Runtime;
using Microsoft.Extensions.Logging;

namespace ClipFusion.EdgeDaemon.Storage;

/// <content>What the publisher uses, look-ups, and the log.</content>
internal sealed partial class InspectionStore
{
    /// <summary>Rows that a page of any reading method has at most.</summary>
    public const int LargestPage = 1024;

    /// <summary>Stations with verdicts to deliver, parked ones not counted; some may be held back by an open inspection.</summary>
    /// <returns>Their names.</returns>
    /// <exception cref="StorageUnavailableException">The database can't be read.</exception>
    public IReadOnlyList<string> StationsWithPending() => _reader.Stations();

    /// <summary>
    /// Verdicts of a station that wait for delivery, in sequence order. A verdict is held back while an earlier inspection of its station
    /// has none; parked rows are left out and hold nothing back.
    /// </summary>
    /// <param name="station">Name of the station.</param>
    /// <param name="after">Sequence number after which to go on, such as the last one in flight; 0 to begin.</param>
    /// <param name="limit">Rows at most, 1 to <see cref="LargestPage"/>.</param>
    /// <returns>A page; empty when there is nothing to send.</returns>
    /// <exception cref="StorageUnavailableException">The database can't be read.</exception>
    public IReadOnlyList<StoredOutboxRow> ReadPending(string station, long after, int limit)
    {
        // A verdict goes out only while its row is where the next start looks for it.
        if (_files.Problem() is { } problem)
            throw new StorageUnavailableException(StorageCondition.Failed, problem);
        while (true)
        {
            IReadOnlyList<StoredOutboxRow> page = _reader.Pending(station, after, Math.Clamp(limit, 1, LargestPage));
            if (page.Count == 0 || _unmarkedDeliveries.IsEmpty)
                return page;
            // Delivered already, though the disk could not be told: only its mark is waited for.
            List<StoredOutboxRow> due = [.. page.Where(r => !_unmarkedDeliveries.ContainsKey(r.Record.Inspection.Id))];
            if (due.Count > 0)
                return due;
            after = page[^1].Record.Inspection.Sequence;
        }
    }

    /// <summary>Rows that the broker has refused too often, oldest first.</summary>
    /// <param name="limit">Rows at most, 1 to <see cref="LargestPage"/>.</param>
    /// <returns>A page.</returns>
    /// <exception cref="StorageUnavailableException">The database can't be read.</exception>
    public IReadOnlyList<StoredOutboxRow> ReadParked(int limit) => _reader.Parked(Math.Clamp(limit, 1, LargestPage));

    /// <summary>An inspection by its id.</summary>
    /// <param name="inspectionId">The id.</param>
    /// <returns>It and its verdict, which is null while there is none; null when there is no such inspection.</returns>
    /// <exception cref="StorageUnavailableException">The database can't be read.</exception>
    public (AcceptedInspection Inspection, VerdictRecord? Verdict)? Find(string inspectionId) => _reader.Find(inspectionId);

    /// <summary>The newest triggers of a station, newest first, for its <see cref="TriggerMemory"/>.</summary>
    /// <param name="station">Name of the station.</param>
    /// <param name="limit">Rows at most, 1 to <see cref="LargestPage"/>.</param>
    /// <returns>A page.</returns>
    /// <exception cref="StorageUnavailableException">The database can't be read.</exception>
    public IReadOnlyList<RecentTrigger> ReadRecent(string station, int limit) => _reader.Recent(station, Math.Clamp(limit, 1, LargestPage));

    /// <summary>The same on a connection of its own, for those that only look: the delivery does not wait for them.</summary>
    /// <param name="station">Name of the station.</param>
    /// <param name="limit">Rows at most, 1 to <see cref="LargestPage"/>.</param>
    /// <returns>A page.</returns>
    /// <exception cref="StorageUnavailableException">The database can't be read.</exception>
    public IReadOnlyList<RecentTrigger> ReadRecentBeside(string station, int limit) =>
        _beside.Recent(station, Math.Clamp(limit, 1, LargestPage));

    /// <summary>
    /// Takes delivered verdicts out of the outbox, all in one transaction. While nothing can be stored, that is kept in memory and done
    /// later; meanwhile they are no longer offered.
    /// </summary>
    /// <param name="inspectionIds">Their inspections; ids that are not in the outbox are passed over.</param>
    /// <returns>When it is on the disk, or kept for later.</returns>
    /// <exception cref="StorageUnavailableException">Nothing can be stored and too much is kept for later already; the verdicts may then be
    /// sent again.</exception>
    public Task MarkDeliveredAsync(IReadOnlyCollection<string> inspectionIds) =>
        MarkAsync(inspectionIds, _unmarkedDeliveries, static (session, id) => session.Outbox.Deliver(id));

    /// <summary>Notes that a verdict is about to be handed to the broker. One whose row says <see cref="Handed.ByThisProcess"/> needs no
    /// note.</summary>
    /// <param name="inspectionId">The inspection's id.</param>
    /// <returns>When it is on the disk.</returns>
    /// <exception cref="StorageUnavailableException">Nothing can be stored; the verdict must wait.</exception>
    public Task MarkHandingAsync(string inspectionId) => WriteAsync(session => session.Outbox.Hand(inspectionId));

    /// <summary>Notes that the broker had nobody to give a verdict to, nor those before it.</summary>
    /// <param name="inspection">Its inspection.</param>
    /// <param name="isSurelyUnheard">Whether no earlier sending of it can have been heard: then it is as if it had never gone out.</param>
    /// <returns>When it is on the disk.</returns>
    /// <exception cref="StorageUnavailableException">Nothing can be stored.</exception>
    public Task MarkUnheardAsync(AcceptedInspection inspection, bool isSurelyUnheard) =>
        WriteAsync(session => session.Outbox.Unheard(inspection, isSurelyUnheard));

    /// <summary>Takes a verdict out of the outbox that nobody wanted to hear, and counts it.</summary>
    /// <param name="inspectionId">The inspection's id.</param>
    /// <returns>When it is on the disk.</returns>
    /// <exception cref="StorageUnavailableException">Nothing can be stored.</exception>
    public Task GiveUpUnheardAsync(string inspectionId) => WriteAsync(session => session.Outbox.GiveUp(inspectionId));

    /// <summary>Counts a refusal by the broker. The row stays first of its station until it is delivered, or parked after too many
    /// refusals.</summary>
    /// <param name="inspectionId">The inspection's id.</param>
    /// <param name="reason">What the broker said.</param>
    /// <returns>Whether the row is parked now.</returns>
    /// <exception cref="StorageUnavailableException">Nothing can be stored.</exception>
    public async Task<bool> MarkRefusedAsync(string inspectionId, string reason)
    {
        bool isParked = await _writer
            .SubmitAsync(session => session.Outbox.Refuse(inspectionId, reason, _options.RefusalsToPark))
            .ConfigureAwait(false);
        if (isParked)
            LogParked(inspectionId, reason);
        return isParked;
    }

    /// <summary>One step of retention now; a timer does the same while nobody waits for the writer.</summary>
    /// <returns>Whether everything old has been seen.</returns>
    /// <exception cref="StorageUnavailableException">Nothing can be stored.</exception>
    public Task<bool> RetainStepAsync() => _retention.StepAsync();

    private void OnConditionChanged(StorageCondition condition, string? detail)
    {
        ConditionChanged?.Invoke();
        if (condition == StorageCondition.Healthy)
            LogHealthy();
        else
            LogCondition(condition, detail);
    }

    [OperatorAction("Nothing.")]
    [LoggerMessage(3000, LogLevel.Information, "Storage is healthy again, with its reserve")]
    private partial void LogHealthy();

    [OperatorAction(
        "See the detail. Disk full: make room in the data folder's file system. Locked: end the program that holds the database. "
            + "Failed: check the disk. Triggers are refused STORAGE while nothing can be written; the store tries again every second."
    )]
    [LoggerMessage(3001, LogLevel.Error, "Storage is now {Condition}: {Detail}")]
    private partial void LogCondition(StorageCondition condition, string? detail);

    [OperatorAction("Keep the file that was set aside and report it. History before now is in it; check the disk.")]
    [LoggerMessage(3002, LogLevel.Error, "The database was set aside as {Name} and a new one started: {Reason}")]
    private partial void LogSetAside(string name, string reason);

    [OperatorAction(
        "Tell the controller's programmer if sequence numbers are checked there: state says sequenceReset. Find out why the database "
            + "is old, such as a restored copy."
    )]
    [LoggerMessage(
        3003,
        LogLevel.Warning,
        "Station {Station} goes on with sequence {First}: the database is older than the numbers already given out"
    )]
    private partial void LogSequenceReset(string station, long first);

    [OperatorAction("Check the disk and the power supply.")]
    [LoggerMessage(3004, LogLevel.Error, "{Folder}/sequences.mark is damaged; sequence numbers go on from the database")]
    private partial void LogMarksTorn(string folder);

    [OperatorAction("Report it. The first verdict stands.")]
    [LoggerMessage(3005, LogLevel.Error, "A verdict for inspection {Id} was refused: {Outcome}")]
    private partial void LogRefusedCompletion(string id, CompletionOutcome outcome);

    [OperatorAction("Nothing, after a power cut or kill. Otherwise look for the reason of the restart in the log before it.")]
    [LoggerMessage(3006, LogLevel.Warning, "{Count} inspections of the last run had no verdict and are now NOT_JUDGED: interrupted")]
    private partial void LogInterrupted(int count);

    [OperatorAction("See what the broker says: its limits or its rules of access refuse the message. The verdict stays in the database.")]
    [LoggerMessage(3007, LogLevel.Error, "The verdict of inspection {Id} is parked, it was refused too often: {Reason}")]
    private partial void LogParked(string id, string reason);

    [OperatorAction("Keep the database's table damaged, which holds the row, and report it; check the disk. The line goes on without it.")]
    [LoggerMessage(3009, LogLevel.Error, "Row {Number} of inspections can't be read and was set aside: {Reason}")]
    private partial void LogRowSetAside(long number, string reason);

    [OperatorAction(
        "Keep the database's table damaged, which holds the rows, and report it; check the disk. The line goes on without them."
    )]
    [LoggerMessage(3010, LogLevel.Error, "{Count} rows of {Table} can't be used and were set aside: {Reason}")]
    private partial void LogRowsSetAside(int count, string table, string reason);

    [OperatorAction(
        "Check the disk, and who else writes to the database. Tell the controller's programmer if sequence numbers are checked there: "
            + "state says sequenceReset."
    )]
    [LoggerMessage(
        3011,
        LogLevel.Error,
        "The database's last sequence number of station {Station} was never given; the station goes on with {First}"
    )]
    private partial void LogSequenceDamaged(string station, long first);

    [OperatorAction("Find out who removes or replaces files in the data folder while the program runs.")]
    [LoggerMessage(3012, LogLevel.Warning, "sequences.mark or sequences.last was removed or replaced, and was written again")]
    private partial void LogMarksRestored();

    [OperatorAction("Report it if it comes again. Old rows stay longer than configured.")]
    [LoggerMessage(3008, LogLevel.Error, "A step of retention failed")]
    private partial void LogRetentionFailed(Exception error);
}
