using System.Collections.Concurrent;
using ClipFusion.EdgeDaemon.Domain;

namespace ClipFusion.EdgeDaemon.Storage;

/// <content>What is made good later: answers that the last run has left open, and those that a failing disk has prevented.</content>
internal sealed partial class InspectionStore
{
    private const int RecoveryPage = 256,
        LargestAckList = 16384,
        LargestDebt = 65536,
        MarksPerTransaction = 256;

    private readonly long _lastNumberAtOpen;

    // Inspections whose verdict could not be stored: they are owed NOT_JUDGED: storage. Bounded by the inspections under way.
    private readonly ConcurrentDictionary<string, AcceptedInspection> _owed = new(StringComparer.Ordinal);

    // Marks that could not be made, by inspection: what the caller or the broker has already been told. At most LargestDebt each.
    private readonly ConcurrentDictionary<string, bool> _unmarkedAcks = new(StringComparer.Ordinal),
        _unmarkedDeliveries = new(StringComparer.Ordinal);

    // Rows on their way to the damaged ones, by their place in the table.
    private readonly ConcurrentDictionary<long, bool> _beingSetAside = new();
    private long _damagedRows;
    private int _isProbing;

    /// <summary>Answers what the last run left open with NOT_JUDGED: interrupted, and tells which acks are still due. Inspections of this
    /// run are left alone.</summary>
    /// <returns>What was done and is to be done.</returns>
    /// <exception cref="StorageUnavailableException">Nothing can be stored; call it again later.</exception>
    public async Task<Recovery> RecoverAsync()
    {
        var interrupted = new List<VerdictRecord>();
        for (int page = RecoveryPage; page == RecoveryPage; )
        {
            (List<VerdictRecord> done, List<DamagedRowException> damaged) = await _writer.SubmitAsync(RecoverPage).ConfigureAwait(false);
            interrupted.AddRange(done);
            damaged.ForEach(CountSetAside);
            page = done.Count + damaged.Count;
        }

        foreach (string station in interrupted.Select(r => r.Inspection.Station).Distinct())
            VerdictStored?.Invoke(station);
        if (interrupted.Count > 0)
            LogInterrupted(interrupted.Count);
        return new Recovery(interrupted, _reader.Unacked(LargestAckList));
    }

    /// <summary>Looks whether a store that could not write can again. A timer calls it too.</summary>
    /// <returns>Whether the store can write now.</returns>
    public async Task<bool> ProbeAsync()
    {
        if (_health.Condition == StorageCondition.Healthy && _owed.IsEmpty && _unmarkedAcks.IsEmpty && _unmarkedDeliveries.IsEmpty)
            return true;
        try
        {
            await _writer
                .SubmitAsync(
                    session =>
                    {
                        session.Touch();
                        return _lock.Renew() is { } problem ? throw new IOException(problem) : true;
                    },
                    isProbe: true
                )
                .ConfigureAwait(false);
            _health.Restore();
            if (_health.CanWrite)
            {
                await MakeUpAsync(_unmarkedAcks, static (session, id) => session.Inspections.MarkAcked(id)).ConfigureAwait(false);
                await MakeUpAsync(_unmarkedDeliveries, static (session, id) => session.Outbox.Deliver(id)).ConfigureAwait(false);
                await PayOwedAsync().ConfigureAwait(false);
            }
        }
        catch (StorageUnavailableException)
        {
            // The writer has noted why.
        }

        return _health.CanWrite;
    }

    private (List<VerdictRecord> Done, List<DamagedRowException> Damaged) RecoverPage(WriteSession session)
    {
        var page = new List<VerdictRecord>();
        (List<AcceptedInspection> all, List<DamagedRowException> damaged) = session.Inspections.ReadOpen(_lastNumberAtOpen, RecoveryPage);
        foreach (DamagedRowException row in damaged)
            session.SetAside(row.Number, row.Message);
        foreach (AcceptedInspection open in all)
        {
            VerdictRecord record = InspectionRow.NotJudged(open, Code.Interrupted, _clock.UtcNow);
            Complete(session, record, InspectionRow.ToBody(record));
            page.Add(record);
        }

        return (page, damaged);
    }

    /// <summary>A row that can't be read: it is set aside behind the caller's back, once, while the caller goes on with the
    /// others.</summary>
    private void OnDamaged(DamagedRowException row)
    {
        if (_beingSetAside.Count < LargestDebt && _beingSetAside.TryAdd(row.Number, true))
            _ = SetAsideAsync(row);
    }

    private async Task SetAsideAsync(DamagedRowException row)
    {
        try
        {
            await Task.Yield();
            if (await _writer.SubmitAsync(session => session.SetAside(row.Number, row.Message)).ConfigureAwait(false))
                CountSetAside(row);
        }
        catch (Exception e) when (e is StorageUnavailableException or ObjectDisposedException)
        {
            // Whoever reads the row next tries again.
        }
        finally
        {
            _beingSetAside.TryRemove(row.Number, out _);
        }
    }

    private void CountSetAside(DamagedRowException row)
    {
        Interlocked.Increment(ref _damagedRows);
        LogRowSetAside(row.Number, row.Message);
    }

    private async Task PayOwedAsync()
    {
        foreach (AcceptedInspection inspection in _owed.Values.OrderBy(i => i.Id, StringComparer.Ordinal))
        {
            VerdictRecord record = InspectionRow.NotJudged(inspection, Code.StorageThen, _clock.UtcNow);
            byte[] body = InspectionRow.ToBody(record);
            CompletionOutcome outcome = await _writer.SubmitAsync(session => Complete(session, record, body)).ConfigureAwait(false);
            _owed.TryRemove(inspection.Id, out _);
            if (outcome == CompletionOutcome.Stored)
                VerdictStored?.Invoke(inspection.Station);
        }
    }

    /// <summary>Makes marks, or notes them for later. What was told can't be taken back: after a lost note it is told twice, at the next
    /// start.</summary>
    private async Task MarkAsync(
        IReadOnlyCollection<string> ids,
        ConcurrentDictionary<string, bool> notes,
        Action<WriteSession, string> mark
    )
    {
        try
        {
            await WriteAsync(session =>
                {
                    foreach (string id in ids)
                        mark(session, id);
                })
                .ConfigureAwait(false);
        }
        catch (StorageUnavailableException) when (notes.Count + ids.Count <= LargestDebt)
        {
            foreach (string id in ids)
                notes[id] = true;
        }
    }

    private async Task MakeUpAsync(ConcurrentDictionary<string, bool> notes, Action<WriteSession, string> mark)
    {
        foreach (string[] some in notes.Keys.Chunk(MarksPerTransaction))
        {
            await WriteAsync(session =>
                {
                    foreach (string id in some)
                        mark(session, id);
                })
                .ConfigureAwait(false);
            foreach (string id in some)
                notes.TryRemove(id, out _);
        }
    }

    private async Task ProbeInBackgroundAsync()
    {
        if (Interlocked.Exchange(ref _isProbing, 1) == 1)
            return;
        try
        {
            _health.Measure();
            if ((_files.Problem() ?? _lock.Renew()) is { } problem)
                _health.Fail(StorageCondition.Failed, problem);
            await ProbeAsync().ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            // Closed while the timer fired.
        }
        finally
        {
            Volatile.Write(ref _isProbing, 0);
        }
    }
}
