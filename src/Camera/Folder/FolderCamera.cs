using System.Runtime.CompilerServices;
using ClipFusion.Foundation;

namespace ClipFusion.Camera.Folder;

/// <summary>
/// Image files that appear in a folder, or lie there to be replayed. Frames hold the files' bytes (<see cref="PixelFormat.Encoded"/>) for
/// somebody else to decode, and <see cref="Frame.Settle"/> moves the file to <c>done</c> or <c>rejected</c>. A file that can't be read or
/// is too large ends its trigger with the reason, or comes as a frame with a <see cref="Frame.Refusal"/>; what can't be a picture answers
/// nothing. <see cref="FolderOptions.Match"/> says which file answers a trigger. Capture times are those of reading. Linux only.
/// </summary>
public sealed class FolderCamera : IFrameSource
{
    private const int LooksAfterClosing = 100;

    private readonly FolderOptions _options;
    private readonly TimeProvider _time;
    private readonly WaitingFiles _waiting;
    private readonly StateHolder _state;
    private readonly FolderArchive _archive;
    private readonly FileReader _reader;
    private readonly FileMatcher _matcher;
    private readonly LateFiles _late;
    private readonly UnsettledFiles _unsettled;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private FolderConnection? _connection;
    private ulong _frames;
    private int _isStreaming;
    private int _isStuck;

    /// <summary>Makes a closed folder camera.</summary>
    /// <param name="options">Where the files are and how they are taken.</param>
    /// <param name="time">The clock of listings, time-outs and stamps; null for the system's.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public FolderCamera(FolderOptions options, TimeProvider? time = null)
    {
        options.Validate();
        _options = options with { Path = Path.GetFullPath(options.Path) };
        _time = time ?? TimeProvider.System;
        _waiting = new WaitingFiles(options.MaxWaitingNames, _time, options.Match == FileMatch.Order);
        _state = new StateHolder(Counters);
        _archive = new FolderArchive(_options.Path, _time);
        _reader = new FileReader(new FramePool(options.BufferCount, options.MaxFileBytes), options.Check);
        _matcher = new FileMatcher(_options, _waiting);
        _late = new LateFiles(_options, _time);
        _unsettled = new UnsettledFiles(options.StableFor, _time);
    }

    /// <inheritdoc/>
    public SourceState State => _state.Current;

    /// <inheritdoc/>
    public FrameCounters Counters { get; } = new();

    /// <inheritdoc/>
    public bool FramesWait => true;

    /// <inheritdoc/>
    public bool MatchesTriggers => _matcher.TellsApart;

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
        if (_connection is not null)
            throw new InvalidOperationException($"the folder camera of {_options.Path} is open already");
        _connection = new FolderConnection(_options, _time, _waiting, _state, new IgnoredNames(_options, Counters), RejectUnclaimed);
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
        if (_matcher.Impossible(trigger) is { } why)
            throw new FrameException(FrameFault.Timeout, $"no file can answer trigger {trigger.Number}: {why}");
        using var timeout = new CancellationTokenSource(trigger.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation);
        _matcher.Open(trigger);
        try
        {
            (string name, ReadResult read) = await NextAsync(trigger, either.Token).ConfigureAwait(false);
            if (read.Frame is { } frame)
                return HandOut(frame, name, read.Version, trigger.Number);
            // Its trigger is answered by the reason, so the file is through at once.
            Settle(name, read.Version, FrameOutcome.Rejected, read.Reason);
            throw new FrameException(FrameFault.BadImage, $"{NativeName.Show(name)}: {read.Reason}") { File = StampOf(name, read.Version) };
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            Counters.CountTimedOut();
            _late.Add(trigger);
            throw new FrameException(FrameFault.Timeout, $"{_matcher.Describe(trigger)} within {trigger.Timeout.TotalMilliseconds:0} ms");
        }
        catch (OperationCanceledException)
        {
            _late.Add(trigger);
            throw;
        }
        finally
        {
            _matcher.Close(trigger);
        }
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<Frame> StreamAsync(CancellationToken cancellation = default)
    {
        if (State.Status == SourceStatus.Closed)
            throw new InvalidOperationException($"the folder camera of {_options.Path} is closed: open it before streaming");
        if (Interlocked.Exchange(ref _isStreaming, 1) != 0)
            throw new InvalidOperationException($"the files of {_options.Path} are being read already");
        return ReadAllAsync(cancellation);
    }

    /// <summary>Files wait in their folder while nobody reads: nothing is dropped.</summary>
    private async IAsyncEnumerable<Frame> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        try
        {
            while (State.Status != SourceStatus.Closed)
            {
                (string name, ReadResult read) = await NextAsync(null, cancellation).ConfigureAwait(false);
                // Without a frame or a reason the source has been closed.
                if (read.Frame is not null || read.Reason is not null)
                    yield return HandOut(read.Frame ?? Frame.Refused(read.Reason!), name, read.Version, trigger: null);
            }
        }
        finally
        {
            Volatile.Write(ref _isStreaming, 0);
        }
    }

    /// <summary>The file of a trigger, or the next one for the stream (null), read or with the reason why it can't be; without either the
    /// source has been closed.</summary>
    private async ValueTask<(string Name, ReadResult Read)> NextAsync(TriggerContext? trigger, CancellationToken cancellation)
    {
        // Where triggers are told apart, one that waits in vain holds no other up.
        bool takesTurns = trigger is null || !_matcher.TellsApart;
        if (takesTurns)
            await _turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            while (true)
            {
                if (_waiting.MustList)
                    _connection?.List();
                Task changed = _waiting.Changed;
                if (trigger is not null)
                    State.EnsureConnected(_options.Path);
                else if (State.Status == SourceStatus.Closed)
                    return default;
                if (_matcher.Take(trigger) is not { } name)
                {
                    await changed.WaitAsync(cancellation).ConfigureAwait(false);
                    continue;
                }

                LookTime at = _unsettled.Now;
                ReadResult read = await ReadAsync(name, cancellation).ConfigureAwait(false);
                // The kernel tells that a file was closed before it counts one writer less.
                for (int look = 0; look < LooksAfterClosing && read.Outcome == ReadOutcome.Changing && _waiting.WasClosed(name); look++)
                {
                    await Task.Yield();
                    at = _unsettled.Now;
                    read = await ReadAsync(name, cancellation).ConfigureAwait(false);
                }

                if (WaitFor(name, read, at) is var wait && wait > TimeSpan.Zero)
                {
                    // It keeps its place before those that came after it.
                    read.Frame?.Dispose();
                    _waiting.PutBack(name);
                    await Task.Delay(wait, _time, cancellation).ConfigureAwait(false);
                    continue;
                }

                if (IsFor(trigger, name, read))
                    return (name, read);
                read.Frame?.Dispose();
            }
        }
        finally
        {
            if (takesTurns)
                _turn.Release();
        }
    }

    /// <summary>How long to wait before a file is looked at again that its writer may not be done with; zero where that makes no
    /// difference.</summary>
    private TimeSpan WaitFor(string name, ReadResult read, LookTime at) =>
        read.Outcome switch
        {
            ReadOutcome.CutOff or ReadOutcome.NoPicture => _unsettled.Look(name, read.Version, at, _connection?.IsLocal ?? false),
            ReadOutcome.Changing => _unsettled.LookAtWriting(name, at, _waiting.WasClosed(name)),
            _ => TimeSpan.Zero,
        };

    /// <summary>Whether what was read answers; what does not has been dealt with.</summary>
    private bool IsFor(TriggerContext? trigger, string name, ReadResult read)
    {
        _unsettled.Forget(name);
        if (read.Outcome is ReadOutcome.Vanished or ReadOutcome.Changing)
        {
            // What is still written comes again when it is closed, or with the next listing.
            _waiting.Release(name);
            return false;
        }

        if (read.Outcome == ReadOutcome.NoPicture && (trigger is not null || !FileNames.PromisesPicture(name, _options.Files)))
        {
            Counters.CountIgnored();
            Note(FolderNoteKind.Ignored, name, read.Reason!);
            _waiting.PassOver(name, read.Version);
            return false;
        }

        if (read.Version != default && _options.WasHandedOut?.Invoke(StampOf(name, read.Version)) == true)
        {
            Note(FolderNoteKind.HandedOutBefore, name, "an earlier run of the program has given it to an inspection");
            Settle(name, read.Version, FrameOutcome.Done, null);
            return false;
        }

        if (trigger is { } asking && read.Version != default && _late.OwnerOf(asking, read.Version.Written) is { } owner)
        {
            string why =
                $"it came for trigger {owner.TriggerId ?? owner.Number.ToString(System.Globalization.CultureInfo.InvariantCulture)}, "
                + "which had been answered without it";
            Counters.CountUnmatched();
            Note(FolderNoteKind.Late, name, why);
            Settle(name, read.Version, FrameOutcome.Rejected, why);
            return false;
        }

        return true;
    }

    private async ValueTask<ReadResult> ReadAsync(string name, CancellationToken cancellation)
    {
        try
        {
            return await _reader.ReadAsync(Path.Combine(_options.Path, name), cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            _waiting.PutBack(name);
            throw;
        }
        catch (IOException e)
        {
            _connection?.Lose(e.Message);
            return new ReadResult(ReadOutcome.Vanished);
        }
    }

    private Frame HandOut(Frame frame, string name, FileVersion version, long? trigger)
    {
        frame.Stamp(Interlocked.Increment(ref _frames), _time.GetUtcNow(), _time.GetTimestamp(), trigger);
        frame.StampFile(StampOf(name, version), _matcher.PartIdOf(name), (outcome, reason) => Settle(name, version, outcome, reason));
        Counters.CountDelivered(frame);
        return frame;
    }

    /// <summary>Moves a file away, unless its name has come to mean another file since it was read.</summary>
    private void Settle(string name, FileVersion version, FrameOutcome outcome, string? reason)
    {
        try
        {
            if (version != default && NativeFile.StatusOf(Path.Combine(_options.Path, name)) is { } now && FileVersion.Of(now) != version)
            {
                _waiting.Release(name);
                _waiting.Arrived(name);
                return;
            }
            if (outcome == FrameOutcome.Rejected)
                _archive.Reject(name, reason ?? "no reason given");
            else
                _archive.Done(name);
            if (outcome == FrameOutcome.Rejected)
                Counters.CountRejected();
            _waiting.Release(name);
            _options.PutAway?.Invoke(StampOf(name, version));
            if (Interlocked.Exchange(ref _isStuck, 0) == 0)
                return;
            _state.Set(SourceState.Connected, onlyFrom: SourceStatus.Connected);
            Note(FolderNoteKind.MovedAgain, name, "files can be moved away again");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Counters.CountStuck();
            _waiting.Stuck(name);
            Interlocked.Exchange(ref _isStuck, 1);
            // A folder that has gone says so itself.
            _state.Set(
                SourceState.Impaired($"files can't be moved away from {_options.Path}: {e.Message}"),
                onlyFrom: SourceStatus.Connected
            );
            Note(FolderNoteKind.Stuck, name, e.Message);
        }
    }

    /// <summary>Nobody asks for these any more; left where they are they would fill the memory and the folder.</summary>
    private void RejectUnclaimed()
    {
        if (!_matcher.TellsApart)
            return;
        while (_waiting.TakeOlder(_options.UnclaimedAfter) is { } name)
        {
            string why = $"no trigger asked for it within {_options.UnclaimedAfter.TotalMinutes:0.#} minutes";
            Counters.CountUnmatched();
            Note(FolderNoteKind.Unclaimed, name, why);
            Settle(name, default, FrameOutcome.Rejected, why);
        }
    }

    private void Note(FolderNoteKind kind, string name, string why) =>
        _options.Note?.Invoke(new FolderNote(kind, NativeName.Show(name), why));

    private static FileStamp StampOf(string name, FileVersion version) =>
        new(NativeName.Show(name), version.Length, new DateTimeOffset(version.Written.Ticks, TimeSpan.Zero), version.Inode);
}
