using System.Runtime.CompilerServices;

namespace ClipFusion.Camera.Folder;

/// <summary>
/// Image files that appear in a folder, or lie there to be replayed. Frames hold the files' bytes (<see cref="PixelFormat.Encoded"/>) for somebody else to
/// decode, and <see cref="Frame.Settle"/> moves the file to <c>done</c> or <c>rejected</c>; files that can't be read or are too large are rejected at once.
/// A trigger is answered by the next file. Capture times are those of reading. Linux only.
/// </summary>
public sealed class FolderCamera : IFrameSource
{
    private readonly FolderOptions _options;
    private readonly TimeProvider _time;
    private readonly WaitingFiles _waiting;
    private readonly StateHolder _state;
    private readonly FolderArchive _archive;
    private readonly FileReader _reader;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private FolderConnection? _connection;
    private ulong _frames;
    private int _isStreaming;

    /// <summary>Makes a closed folder camera.</summary>
    /// <param name="options">Where the files are and how they are taken.</param>
    /// <param name="time">The clock of listings, time-outs and stamps; null for the system's.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public FolderCamera(FolderOptions options, TimeProvider? time = null)
    {
        options.Validate();
        _options = options with { Path = Path.GetFullPath(options.Path) };
        _time = time ?? TimeProvider.System;
        _waiting = new WaitingFiles(options.MaxWaitingNames);
        _state = new StateHolder(Counters);
        _archive = new FolderArchive(_options.Path, _time);
        _reader = new FileReader(new FramePool(options.BufferCount, options.MaxFileBytes));
    }

    /// <inheritdoc/>
    public SourceState State => _state.Current;

    /// <inheritdoc/>
    public FrameCounters Counters { get; } = new();

    /// <inheritdoc/>
    public bool FramesWait => true;

    /// <summary>Names that are remembered as waiting now; never more than <see cref="FolderOptions.MaxWaitingNames"/>.</summary>
    public int WaitingNames => _waiting.Count;

    /// <inheritdoc/>
    public event Action<SourceState>? StateChanged
    {
        add => _state.Changed += value;
        remove => _state.Changed -= value;
    }

    /// <inheritdoc/>
    public ValueTask OpenAsync(CancellationToken cancellation = default)
    {
        if (_connection is not null) throw new InvalidOperationException($"the folder camera of {_options.Path} is open already");
        _connection = new FolderConnection(_options, _time, _waiting, _state);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask CloseAsync()
    {
        if (Interlocked.Exchange(ref _connection, null) is { } connection)
        {
            connection.Dispose();
            _state.Set(SourceState.Closed);
            _waiting.Clear(taken: true);
        }
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await CloseAsync().ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask<Frame> TriggerAsync(TriggerContext trigger, CancellationToken cancellation = default)
    {
        State.EnsureConnected(_options.Path);
        using var timeout = new CancellationTokenSource(trigger.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation);
        try
        {
            (string name, ReadResult read) = await NextAsync(isTriggered: true, either.Token).ConfigureAwait(false);
            if (read.Frame is { } frame) return HandOut(frame, name, read.Version, trigger.Number);
            throw new FrameException(FrameFault.BadImage, $"{name}, the answer to trigger {trigger.Number}, was rejected: {read.Reason}");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            Counters.CountTimedOut();
            throw new FrameException(FrameFault.Timeout, $"no file for trigger {trigger.Number} in {_options.Path} within {trigger.Timeout.TotalMilliseconds:0} ms");
        }
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<Frame> StreamAsync(CancellationToken cancellation = default)
    {
        if (State.Status == SourceStatus.Closed) throw new InvalidOperationException($"the folder camera of {_options.Path} is closed: open it before streaming");
        if (Interlocked.Exchange(ref _isStreaming, 1) != 0) throw new InvalidOperationException($"the files of {_options.Path} are being read already");
        return ReadAllAsync(cancellation);
    }

    /// <summary>Files wait in their folder while nobody reads: nothing is dropped.</summary>
    private async IAsyncEnumerable<Frame> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        try
        {
            while (State.Status != SourceStatus.Closed)
            {
                (string name, ReadResult read) = await NextAsync(isTriggered: false, cancellation).ConfigureAwait(false);
                if (read.Frame is { } frame) yield return HandOut(frame, name, read.Version, trigger: null);
            }
        }
        finally
        {
            Volatile.Write(ref _isStreaming, 0);
        }
    }

    /// <summary>The next file, read or rejected; without a frame or reason the source has been closed.</summary>
    private async ValueTask<(string Name, ReadResult Read)> NextAsync(bool isTriggered, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            while (true)
            {
                if (_waiting.MustList) _connection?.List();
                Task changed = _waiting.Changed;
                if (isTriggered) State.EnsureConnected(_options.Path);
                else if (State.Status == SourceStatus.Closed) return default;
                if (_waiting.Take() is not { } name)
                {
                    await changed.WaitAsync(cancellation).ConfigureAwait(false);
                    continue;
                }
                ReadResult read = await ReadAsync(name, cancellation).ConfigureAwait(false);
                if (read.Outcome is ReadOutcome.Read or ReadOutcome.Unusable) return (name, read);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    private async ValueTask<ReadResult> ReadAsync(string name, CancellationToken cancellation)
    {
        try
        {
            ReadResult read = await _reader.ReadAsync(Path.Combine(_options.Path, name), cancellation).ConfigureAwait(false);
            if (read.Outcome == ReadOutcome.Unusable) Settle(name, default, FrameOutcome.Rejected, read.Reason);
            if (read.Outcome is ReadOutcome.Vanished or ReadOutcome.Changing) _waiting.Release(name);
            if (read.Outcome == ReadOutcome.Changing) _waiting.RequestList();
            return read;
        }
        catch (OperationCanceledException)
        {
            _waiting.PutBack(name);
            throw;
        }
        catch (IOException e)
        {
            _waiting.Release(name);
            _connection?.Lose(e.Message);
            return new ReadResult(ReadOutcome.Vanished);
        }
    }

    private Frame HandOut(Frame frame, string name, FileVersion version, long? trigger)
    {
        frame.Stamp(Interlocked.Increment(ref _frames), _time.GetUtcNow(), _time.GetTimestamp(), trigger);
        frame.StampFile(name, (outcome, reason) => Settle(name, version, outcome, reason));
        Counters.CountDelivered(frame);
        return frame;
    }

    /// <summary>Moves a file away, unless its name has come to mean another file since it was read.</summary>
    private void Settle(string name, FileVersion version, FrameOutcome outcome, string? reason)
    {
        try
        {
            if (version != default && FileVersion.Of(new FileInfo(Path.Combine(_options.Path, name))) is var now && now != default && now != version)
            {
                _waiting.Release(name);
                _waiting.Arrived(name);
                return;
            }
            if (outcome == FrameOutcome.Rejected) _archive.Reject(name, reason ?? "no reason given");
            else _archive.Done(name);
            if (outcome == FrameOutcome.Rejected) Counters.CountRejected();
            _waiting.Release(name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Counters.CountStuck();
            _waiting.Stuck(name);
        }
    }
}
