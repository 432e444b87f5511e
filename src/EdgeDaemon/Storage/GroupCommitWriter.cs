using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>
/// One thread that writes. Whatever waits when the disk has finished the last transaction becomes the next one: a single caller waits for
/// one flush, many callers share it.
/// </summary>
internal sealed class GroupCommitWriter : IAsyncDisposable
{
    private readonly Channel<WriteJob> _queue;
    private readonly WriteSession _session;
    private readonly StorageHealth _health;
    private readonly OpenFiles _files;
    private readonly Action _marksRestored;
    private readonly int _batchSize;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Starts the thread.</summary>
    /// <param name="session">Owned from here on; used on the thread only.</param>
    /// <param name="health">Told when writing fails.</param>
    /// <param name="options">Sizes of queue and batch.</param>
    /// <param name="files">What the session has open.</param>
    /// <param name="marksRestored">Told when the files of sequence numbers had to be written again.</param>
    public GroupCommitWriter(WriteSession session, StorageHealth health, StorageOptions options, OpenFiles files, Action marksRestored)
    {
        (_session, _health, _batchSize, _files, _marksRestored) = (session, health, options.BatchSize, files, marksRestored);
        // Full policy Wait: a caller waits for room. Callers are bounded by the pipeline's own queues.
        _queue = Channel.CreateBounded<WriteJob>(
            new BoundedChannelOptions(options.QueueCapacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait }
        );
        new Thread(Run) { Name = "inspections writer", IsBackground = true }.Start();
    }

    /// <summary>Whether nobody waits; background work goes only then.</summary>
    public bool IsIdle => _queue.Reader.Count == 0;

    /// <summary>Runs a job in the next transaction.</summary>
    /// <typeparam name="T">Its result.</typeparam>
    /// <param name="body">Called on the writer thread, perhaps more than once.</param>
    /// <param name="isProbe">Whether to try although the store can't write.</param>
    /// <param name="cancellation">Ends the wait for room in the queue; once a job is queued its outcome is always waited for.</param>
    /// <returns>The result, when it is on the disk.</returns>
    /// <exception cref="StorageUnavailableException">Nothing can be stored at present.</exception>
    /// <exception cref="ObjectDisposedException">The store is closed.</exception>
    public async Task<T> SubmitAsync<T>(Func<WriteSession, T> body, bool isProbe = false, CancellationToken cancellation = default)
    {
        if (!isProbe && !_health.CanWrite)
            throw _health.Unavailable();
        var job = new WriteJob<T>(body, isProbe);
        try
        {
            await _queue.Writer.WriteAsync(job, cancellation).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            throw new ObjectDisposedException(nameof(InspectionStore), "The inspection store is closed: nothing more can be stored in it.");
        }

        return await job.Done.ConfigureAwait(false);
    }

    /// <summary>Takes no more jobs, writes those that are queued, then closes the database.</summary>
    /// <returns>When that is done.</returns>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _ended.Task.ConfigureAwait(false);
    }

    private void Run()
    {
        var batch = new List<WriteJob>(_batchSize);
        while (_queue.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            batch.Clear();
            while (batch.Count < _batchSize && _queue.Reader.TryRead(out WriteJob? job))
                batch.Add(job);
            if (!_health.CanWrite)
            {
                foreach (WriteJob job in batch.Where(j => !j.IsProbe))
                    job.Fail(_health.Unavailable());
                batch.RemoveAll(j => !j.IsProbe);
            }

            if (batch.Count > 0)
                Settle(batch);
        }

        _session.Dispose();
        _ended.SetResult();
    }

    private void Settle(List<WriteJob> batch)
    {
        Exception? error = TryCommit(batch);
        if (error is null)
        {
            foreach (WriteJob job in batch)
                job.Succeed();
            ReserveAhead();
        }
        else if (error is StorageUnavailableException || batch.Count == 1)
        {
            foreach (WriteJob job in batch)
                job.Fail(error);
        }
        else
        {
            // One job's mistake must not fail the others: each gets a transaction of its own.
            foreach (WriteJob job in batch)
                Settle([job]);
        }
    }

    private Exception? TryCommit(List<WriteJob> batch)
    {
        while (true)
        {
            try
            {
                _session.Begin();
                foreach (WriteJob job in batch)
                    job.Run(_session);
                // Before the commit, so that nothing of it is there if the files come back; after it, because they may have gone meanwhile.
                CheckFiles();
                _session.Commit();
                CheckFiles();
                return null;
            }
            catch (Exception e)
            {
                _session.Rollback();
                if (SqliteFaults.Of(e, _health.Folder) is not { } condition)
                {
                    // A row that breaks the database's own rules: this job alone fails, with an error that its caller knows.
                    return e is SqliteException && batch.Count == 1
                        ? new StorageUnavailableException(
                            StorageCondition.Failed,
                            $"The database in {_health.Folder} refused it: {e.Message}",
                            e
                        )
                        : e;
                }

                if (condition == StorageCondition.DiskFull && _health.UseReserve(e.Message))
                    continue;
                _health.Fail(condition, e.Message);
                return _health.Unavailable(e);
            }
        }
    }

    private void CheckFiles()
    {
        if (_files.Problem() is { } problem)
            throw new IOException(problem);
        if (_session.Sequences.Restore())
            _marksRestored();
    }

    private void ReserveAhead()
    {
        try
        {
            _session.Sequences.ReserveAhead();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The mark on the disk still holds; whoever needs a number above it will meet the error inside a transaction.
        }
    }
}
