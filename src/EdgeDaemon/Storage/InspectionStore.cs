using ClipFusion.Camera;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Runtime;
using ClipFusion.Foundation;
using ClipFusion.Foundation.Files;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>
/// Step 8's memory: accepted inspections, their verdicts, and the outbox of what is still to be delivered, in one SQLite file. Whatever a
/// method has returned survives a kill and a power cut. Safe for several threads.
/// </summary>
/// <remarks>
/// <para>Writing waits for the disk: one thread commits whatever has gathered (<see cref="GroupCommitWriter"/>). Reading goes beside
/// it.</para>
/// <para>Call <see cref="RecoverAsync"/> once after <see cref="Open"/> and before the first <see cref="AcceptAsync"/>.</para>
/// </remarks>
internal sealed partial class InspectionStore : IStorageCondition, IAsyncDisposable
{
    private readonly StorageOptions _options;
    private readonly ILogger _logger;
    private readonly BootClock _clock;
    private readonly InstanceLock _lock;
    private readonly StorageHealth _health;
    private readonly UlidGenerator _ids;
    private readonly GroupCommitWriter _writer;
    private readonly ReadSession _reader;
    private readonly ReadSession _beside;
    private readonly WriteSession _session;
    private readonly RetentionSweeper _retention;
    private readonly ITimer _probeTimer;
    private readonly DatabaseFile _file;
    private readonly OpenFiles _files;
    private volatile bool _handsOverAtOnce;

    private InspectionStore(string folder, StorageOptions options, TimeProvider time, ILogger logger, InstanceLock instanceLock)
    {
        (_options, _logger, _lock, _clock) = (options, logger, instanceLock, new BootClock(time));
        _file = new DatabaseFile(folder, options, _clock);
        // A kill leaves no chance to say which rows were handed over, so each process leaves its own number on those that it may hand over;
        // 0 is for rows of long ago.
        long process = Random.Shared.NextInt64(1, long.MaxValue);
        SqliteConnection connection = _file.Open();
        SequenceMarks marks;
        IReadOnlyList<SetAsideRows> setAside;
        try
        {
            var check = new StartCheck(connection, _clock.UtcNow.ToUnixTimeMilliseconds());
            check.Run();
            marks = OpenMarks(folder, connection, check);
            setAside = check.Found;
            SequenceResets = marks.Resets;
            _lastNumberAtOpen = connection.Number("SELECT max(number) FROM inspections");
            _ids = new UlidGenerator(
                time,
                connection.Text($"SELECT id FROM inspections WHERE {StoredRules.Id("id")} ORDER BY id DESC LIMIT 1")
            );
            _health = new StorageHealth(folder, new ReserveFile(folder, options.ReserveBytes), options.ReserveBytes, OnConditionChanged);
            _session = new WriteSession(connection, marks, _clock, process);
            _reader = new ReadSession(_file.OpenForReading(), _clock, folder, process, () => IsClockTrusted, OnDamaged);
            _beside = new ReadSession(_file.OpenForReading(), _clock, folder, process, () => IsClockTrusted, OnDamaged);
            _damagedRows = _reader.CountDamaged();
            _files = new OpenFiles(folder, _file.FullName);
        }
        catch (Exception e) when (e is SqliteException || SqliteFaults.Of(e, folder) is not null)
        {
            connection.Dispose();
            throw new StorageUnavailableException(
                SqliteFaults.Of(e, folder) ?? StorageCondition.Failed,
                $"The database in {folder} can't be used: {e.Message}",
                e
            );
        }

        _health.Restore();
        _writer = new GroupCommitWriter(_session, _health, options, _files, LogMarksRestored);
        _retention = new RetentionSweeper(_writer, options, time, LogRetentionFailed);
        _probeTimer = time.CreateTimer(_ => _ = ProbeInBackgroundAsync(), null, options.ProbeInterval, options.ProbeInterval);
        if (_file.SetAsideName is not null)
            LogSetAside(_file.SetAsideName, _file.SetAsideReason!);
        foreach ((string station, long first) in SequenceResets)
            LogSequenceReset(station, first);
        foreach ((string station, SequenceStart start) in marks.Starts.Where(s => s.Value.IsDamaged))
            LogSequenceDamaged(station, start.Known + 1);
        foreach (SetAsideRows rows in setAside)
            LogRowsSetAside(rows.Rows, rows.Table, rows.Reason);
    }

    /// <summary>A verdict of this station was stored, so its outbox may have grown. Raised after the commit on some pool thread; handlers
    /// return at once.</summary>
    public event Action<string>? VerdictStored;

    /// <summary>The store's condition has changed, on whatever thread found it; handlers return at once and ask the store
    /// nothing.</summary>
    public event Action? ConditionChanged;

    /// <summary>First sequence number of this run by station, where the database had lost rows: <c>sequenceReset</c>.</summary>
    public IReadOnlyDictionary<string, long> SequenceResets { get; }

    /// <summary>A snapshot of what the store has to say about itself.</summary>
    public StorageState State
    {
        get
        {
            OutboxTally outbox = _session.Outbox.Tally;
            return new StorageState(
                _health.Condition,
                _health.HasRoomForImages,
                _health.Detail,
                _file.SetAsideName,
                SequenceResets,
                outbox.Rows,
                outbox.Stations,
                outbox.Bytes,
                outbox.Dropped
            )
            {
                OutboxUnheard = outbox.Unheard,
                DamagedRows = Interlocked.Read(ref _damagedRows),
            };
        }
    }

    /// <summary>Whether the wall clock can be believed; retention by age stands still while it can't. True to begin with.</summary>
    public bool IsClockTrusted
    {
        get => _retention.IsClockTrusted;
        set => _retention.IsClockTrusted = value;
    }

    /// <summary>
    /// Whether verdicts go to the broker as soon as they are stored. The note that one may have been handed over is then stored with it,
    /// which costs no flush; without a connection it is made when the verdict goes out, so that one which surely never went says so after a
    /// restart.
    /// </summary>
    public bool HandsOverAtOnce
    {
        get => _handsOverAtOnce;
        set => _handsOverAtOnce = value;
    }

    /// <summary>Caps and ages; may be replaced at any time and count from then on.</summary>
    public StorageLimits Limits
    {
        get => _retention.Limits;
        set => _retention.Limits = value;
    }

    /// <summary>Whether nobody waits for the writer: background work goes only then.</summary>
    public bool IsIdle => _writer.IsIdle;

    /// <inheritdoc/>
    public bool ImagesAllowed => State.ImagesAllowed;

    /// <summary>Opens the store of a data folder, making what is missing. A torn or foreign database is set aside under another
    /// name.</summary>
    /// <param name="folder">The data folder; made if missing.</param>
    /// <param name="options">Limits.</param>
    /// <param name="time">Wall clock, monotonic clock and timers.</param>
    /// <param name="logger">Event ids 3000-3049.</param>
    /// <returns>Owned by the caller; <see cref="DisposeAsync"/> writes what is queued.</returns>
    /// <exception cref="StorageUnavailableException">Another process uses the folder or locks the database, a newer program made it, or the
    /// disk fails.</exception>
    public static InspectionStore Open(string folder, StorageOptions options, TimeProvider time, ILogger logger)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageUnavailableException(StorageCondition.Failed, $"The data folder {folder} can't be made: {e.Message}", e);
        }

        var instanceLock = new InstanceLock(folder);
        try
        {
            // Only now is it known that nobody else writes here.
            AtomicFile.DeleteLeftOvers(folder);
            try
            {
                return new InspectionStore(folder, options, time, logger, instanceLock);
            }
            catch (StorageUnavailableException e) when (e.Condition == StorageCondition.DiskFull && ReserveFile.Discard(folder))
            {
                // The last run's reserve is what a start on a full disk needs.
                return new InspectionStore(folder, options, time, logger, instanceLock);
            }
        }
        catch
        {
            instanceLock.Dispose();
            throw;
        }
    }

    /// <summary>Accepts a trigger: gives it an id and its station's next sequence number. Once this has returned, the promise is on the
    /// disk and may be acked.</summary>
    /// <param name="trigger">What asks for it.</param>
    /// <param name="recipe">What it will be judged under.</param>
    /// <param name="deadline">From receipt to verdict; null for none.</param>
    /// <param name="cancellation">Ends the wait for room in the queue; a queued acceptance is always finished.</param>
    /// <returns>What was accepted.</returns>
    /// <exception cref="StorageUnavailableException">Nothing can be stored: no sequence number was used, and the trigger must be
    /// refused.</exception>
    /// <exception cref="ArgumentException">The station's name is none.</exception>
    public Task<AcceptedInspection> AcceptAsync(
        Trigger trigger,
        RecipeStamp recipe,
        TimeSpan? deadline,
        CancellationToken cancellation = default
    ) => AcceptFileAsync(trigger, recipe, deadline, null, cancellation);

    /// <summary>As above, and the file that came by itself is this inspection's from the same transaction on.</summary>
    internal async Task<AcceptedInspection> AcceptFileAsync(
        Trigger trigger,
        RecipeStamp recipe,
        TimeSpan? deadline,
        FileStamp? file,
        CancellationToken cancellation
    )
    {
        CheckStation(trigger.Station);
        return await _writer
            .SubmitAsync(session => Insert(session, trigger, recipe, deadline, file), cancellation: cancellation)
            .ConfigureAwait(false);
    }

    /// <summary>Gives a self-timed trigger that can't be taken its sequence number and NOT_JUDGED at once, in one transaction.</summary>
    /// <param name="trigger">What asked for it.</param>
    /// <param name="recipe">What it would have been judged under.</param>
    /// <param name="reason">Overrun, NotReadyThen or another reason.</param>
    /// <param name="cancellation">Ends the wait for room in the queue.</param>
    /// <returns>The verdict, which is in the outbox.</returns>
    /// <exception cref="StorageUnavailableException">Nothing can be stored.</exception>
    public Task<VerdictRecord> AcceptNotJudgedAsync(
        Trigger trigger,
        RecipeStamp recipe,
        Code reason,
        CancellationToken cancellation = default
    ) => AcceptFileNotJudgedAsync(trigger, recipe, reason, null, cancellation);

    /// <summary>As above, and the file that came by itself is this inspection's from the same transaction on.</summary>
    internal async Task<VerdictRecord> AcceptFileNotJudgedAsync(
        Trigger trigger,
        RecipeStamp recipe,
        Code reason,
        FileStamp? file,
        CancellationToken cancellation
    )
    {
        CheckStation(trigger.Station);
        VerdictRecord record = await _writer
            .SubmitAsync(
                session =>
                {
                    VerdictRecord answer = InspectionRow.NotJudged(Insert(session, trigger, recipe, null, file), reason, _clock.UtcNow);
                    Complete(session, answer, InspectionRow.ToBody(answer));
                    return answer;
                },
                cancellation: cancellation
            )
            .ConfigureAwait(false);
        VerdictStored?.Invoke(trigger.Station);
        return record;
    }

    /// <summary>
    /// Notes that the caller was told of the acceptance. Without it the inspection is reported as unacked after a restart. While nothing
    /// can be stored, the note is kept in memory and written later.
    /// </summary>
    /// <param name="inspectionId">The inspection's id.</param>
    /// <returns>When it is on the disk, or kept for later.</returns>
    /// <exception cref="StorageUnavailableException">Nothing can be stored and too much is kept for later already; the ack may then be
    /// repeated after a restart.</exception>
    public Task MarkAckedAsync(string inspectionId) =>
        MarkAsync([inspectionId], _unmarkedAcks, static (session, id) => session.Inspections.MarkAcked(id));

    /// <summary>
    /// Stores a verdict and its outbox row in one transaction; the first one of an inspection stands. The outbox offers it once every
    /// earlier inspection of its station has one too.
    /// </summary>
    /// <param name="record">The verdict.</param>
    /// <returns>Whether it was stored. Only a stored verdict may go out.</returns>
    /// <exception cref="StorageUnavailableException">Nothing can be stored. The verdict must not go out: the inspection is owed NOT_JUDGED:
    /// storage, which the store writes by itself when it can again.</exception>
    public async Task<CompletionOutcome> CompleteAsync(VerdictRecord record)
    {
        byte[] body = InspectionRow.ToBody(record);
        CompletionOutcome outcome;
        try
        {
            outcome = await _writer.SubmitAsync(session => Complete(session, record, body)).ConfigureAwait(false);
        }
        catch (StorageUnavailableException)
        {
            _owed.TryAdd(record.Inspection.Id, record.Inspection);
            throw;
        }

        KillPoint.Pass(KillStep.Stored);
        if (outcome == CompletionOutcome.Stored)
            VerdictStored?.Invoke(record.Inspection.Station);
        else
            LogRefusedCompletion(record.Inspection.Id, outcome);
        return outcome;
    }

    /// <summary>Writes what is queued, closes the database and lets go of the folder.</summary>
    /// <returns>When that is done.</returns>
    public async ValueTask DisposeAsync()
    {
        await _probeTimer.DisposeAsync().ConfigureAwait(false);
        await _retention.DisposeAsync().ConfigureAwait(false);
        _reader.Dispose();
        _beside.Dispose();
        await _writer.DisposeAsync().ConfigureAwait(false);
        _lock.Dispose();
    }

    // Names are written into the sequence files as they are.
    private static void CheckStation(string name)
    {
        if (!Names.IsName(name))
            throw new ArgumentException($"'{name}' is no name of a station: {Names.Rule} is expected.", nameof(name));
    }

    private SequenceMarks OpenMarks(string folder, SqliteConnection connection, StartCheck check)
    {
        var marks = new SequenceMarks(folder, check.Sequences(), _file.IsNew);
        try
        {
            if (marks.MarksWereTorn)
                LogMarksTorn(folder);
            check.MendSequences(marks.Starts);
            return marks;
        }
        catch
        {
            marks.Dispose();
            throw;
        }
    }

    private AcceptedInspection Insert(WriteSession session, Trigger trigger, RecipeStamp recipe, TimeSpan? deadline, FileStamp? file)
    {
        // The database keeps milliseconds, and what is told now must be what is read later.
        var now = DateTimeOffset.FromUnixTimeMilliseconds(_clock.UtcNow.ToUnixTimeMilliseconds());
        var inspection = new AcceptedInspection(
            _ids.Next(),
            trigger.Station,
            session.Sequences.Next(trigger.Station),
            trigger.Source,
            trigger.TriggerId,
            trigger.PartId,
            recipe,
            deadline,
            now
        );
        session.Inspections.Insert(inspection, trigger);
        if (file is not null)
            session.Files.Insert(inspection.Id, inspection.Station, file);
        return inspection;
    }

    private CompletionOutcome Complete(WriteSession session, VerdictRecord record, byte[] body)
    {
        (CompletionOutcome outcome, InspectionKey key) = session.Inspections.Complete(record.Inspection.Id, record.Verdict, body);
        if (outcome != CompletionOutcome.Stored)
            return outcome;
        session.Outbox.Insert(key, record.Inspection.Id, record.Verdict == Verdict.Ok, body.Length, _handsOverAtOnce);
        session.Outbox.DropAbove(_retention.Limits.OutboxBytes);
        return outcome;
    }

    private async Task WriteAsync(Action<WriteSession> body) =>
        await _writer
            .SubmitAsync(session =>
            {
                body(session);
                return true;
            })
            .ConfigureAwait(false);
}
