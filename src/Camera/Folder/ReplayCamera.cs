namespace ClipFusion.Camera.Folder;

/// <summary>
/// The image files of a folder over and over, in name order (ordinal), left where they are: each trigger is answered by the next file. The
/// folder is listed anew at the end of every round, and every second while it is missing or empty. Files that can't be read are passed over
/// and counted as rejected.
/// </summary>
public sealed class ReplayCamera : IFrameSource
{
    private static readonly TimeSpan ScanEvery = TimeSpan.FromSeconds(1);
    private static readonly string[] Extensions = [".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp"];

    private readonly string _folder;
    private readonly string? _pattern;
    private readonly TimeProvider _time;
    private readonly FileReader _reader;
    private readonly StateHolder _state;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private string[] _round = [];
    private int _next;
    private ITimer? _timer;
    private ulong _frames;

    /// <summary>Makes a closed camera.</summary>
    /// <param name="folder">The folder; it need not be there yet.</param>
    /// <param name="time">The clock of listings, time-outs and stamps; null for the system's.</param>
    /// <param name="options">Limits of files and buffers; null for the folder camera's defaults.</param>
    public ReplayCamera(string folder, TimeProvider? time = null, FolderOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        options ??= new FolderOptions { Path = folder };
        options.Validate();
        (_folder, _pattern) = (Path.GetFullPath(folder), options.Files);
        _time = time ?? TimeProvider.System;
        _state = new StateHolder(Counters);
        _reader = new FileReader(new FramePool(options.BufferCount, options.MaxFileBytes), options.Check);
    }

    /// <inheritdoc/>
    public SourceState State => _state.Current;

    /// <inheritdoc/>
    public FrameCounters Counters { get; } = new();

    /// <inheritdoc/>
    public bool FramesWait => true;

    /// <inheritdoc/>
    public bool MatchesTriggers => false;

    /// <inheritdoc/>
    public event Action<SourceState>? StateChanged
    {
        add => _state.Changed += value;
        remove => _state.Changed -= value;
    }

    /// <inheritdoc/>
    public ValueTask OpenAsync(CancellationToken cancellation = default)
    {
        if (_timer is not null)
            throw new InvalidOperationException($"the replay camera of {_folder} is open already");
        _state.Set(List().Length > 0 ? SourceState.Connected : Missing());
        _timer = _time.CreateTimer(_ => Look(), null, ScanEvery, ScanEvery);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public async ValueTask CloseAsync()
    {
        if (Interlocked.Exchange(ref _timer, null) is not { } timer)
            return;
        await timer.DisposeAsync().ConfigureAwait(false);
        _state.Set(SourceState.Closed);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await CloseAsync().ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask<Frame> TriggerAsync(TriggerContext trigger, CancellationToken cancellation = default)
    {
        State.EnsureConnected(_folder);
        using var timeout = new CancellationTokenSource(trigger.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation);
        try
        {
            await _turn.WaitAsync(either.Token).ConfigureAwait(false);
            try
            {
                return await NextAsync(trigger, either.Token).ConfigureAwait(false);
            }
            finally
            {
                _turn.Release();
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            Counters.CountTimedOut();
            throw new FrameException(
                FrameFault.Timeout,
                $"no file for trigger {trigger.Number} in {_folder} within {trigger.Timeout.TotalMilliseconds:0} ms"
            );
        }
        catch (IOException e)
        {
            _state.Set(SourceState.Lost(e.Message), onlyFrom: SourceStatus.Connected);
            throw new FrameException(FrameFault.Disconnected, $"{_folder}: {e.Message}");
        }
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<Frame> StreamAsync(CancellationToken cancellation = default) =>
        throw new InvalidOperationException("a folder that is replayed gives a frame for each trigger; nothing comes by itself");

    private async ValueTask<Frame> NextAsync(TriggerContext trigger, CancellationToken cancellation)
    {
        // A whole round without a usable file is no answer.
        int tries = 0;
        while (tries <= _round.Length)
        {
            if (_next >= _round.Length)
                (_round, _next) = (List(), 0);
            if (_round.Length == 0)
                break;
            string path = _round[_next++];
            tries++;
            ReadResult read = await _reader.ReadAsync(path, cancellation).ConfigureAwait(false);
            if (read.Frame is { } frame)
            {
                frame.Stamp(++_frames, _time.GetUtcNow(), _time.GetTimestamp(), trigger.Number);
                FileVersion version = read.Version;
                frame.StampFile(
                    new FileStamp(Path.GetFileName(path), version.Length, new DateTimeOffset(version.Written), version.Inode),
                    null,
                    static (_, _) => { }
                );
                Counters.CountDelivered(frame);
                return frame;
            }

            if (read.Outcome is ReadOutcome.Unusable or ReadOutcome.NoPicture)
                Counters.CountRejected();
        }

        _state.Set(Missing(), onlyFrom: SourceStatus.Connected);
        throw new FrameException(FrameFault.Disconnected, $"{_folder} has no usable image file");
    }

    private void Look()
    {
        if (State.Status == SourceStatus.Lost && List().Length > 0)
            _state.Set(SourceState.Connected, onlyFrom: SourceStatus.Lost);
    }

    private SourceState Missing() => SourceState.Lost($"{_folder} is missing or has no image file ({string.Join(", ", Extensions)})");

    private bool IsPicture(string path) =>
        _pattern is not null
            ? FileNames.IsPicture(Path.GetFileName(path), _pattern)
            : Extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    private string[] List()
    {
        try
        {
            return [.. Directory.EnumerateFiles(_folder).Where(IsPicture).Order(StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
