namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>One caller's part of a transaction. It may run more than once, when its transaction has to be repeated.</summary>
/// <param name="isProbe">Whether it runs although the store can't write: it is how that is found out.</param>
internal abstract class WriteJob(bool isProbe)
{
    /// <summary>Whether it runs although the store can't write.</summary>
    public bool IsProbe => isProbe;

    /// <summary>Does its writing inside the transaction under way.</summary>
    /// <param name="session">The writer's.</param>
    public abstract void Run(WriteSession session);

    /// <summary>The transaction is on the disk: the caller goes on.</summary>
    public abstract void Succeed();

    /// <summary>Nothing of it was written.</summary>
    /// <param name="error">Why.</param>
    public abstract void Fail(Exception error);
}

/// <summary>A job with a result.</summary>
/// <param name="body">What it does; called on the writer thread.</param>
/// <param name="isProbe">Whether it runs although the store can't write.</param>
internal sealed class WriteJob<T>(Func<WriteSession, T> body, bool isProbe) : WriteJob(isProbe)
{
    // Continuations run elsewhere: the writer thread belongs to the disk.
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T _result = default!;

    /// <summary>Ends when the transaction is on the disk, or has failed.</summary>
    public Task<T> Done => _done.Task;

    /// <inheritdoc/>
    public override void Run(WriteSession session) => _result = body(session);

    /// <inheritdoc/>
    public override void Succeed() => _done.TrySetResult(_result);

    /// <inheritdoc/>
    public override void Fail(Exception error) => _done.TrySetException(error);
}
