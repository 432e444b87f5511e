using ClipFusion.Foundation.Files;

namespace ClipFusion.Camera.Folder;

/// <summary>Keeps the tie to a folder: watches it, lists it when that is needed, notices that it went and looks for it until it is back.
/// Thread-safe.</summary>
internal sealed class FolderConnection : IDisposable
{
    private readonly FolderOptions _options;
    private readonly WaitingFiles _waiting;
    private readonly StateHolder _state;
    private readonly FolderLister _lister;
    private readonly IgnoredNames _ignored;
    private readonly Action _ticked;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly ITimer _timer;
    private FolderNotifier? _notifier;
    private FileIdentity? _place;
    private long _listedAt;
    private bool _ignoreExisting;
    private bool _isDisposed;

    /// <summary>Connects, or begins to look for the folder.</summary>
    /// <param name="options">Where, and how.</param>
    /// <param name="time">Clocks.</param>
    /// <param name="waiting">Takes the names of files that may be read.</param>
    /// <param name="state">Told whether the folder is there.</param>
    /// <param name="ignored">Told of names that are no picture's.</param>
    /// <param name="ticked">Called after every look at the folder.</param>
    public FolderConnection(
        FolderOptions options,
        TimeProvider time,
        WaitingFiles waiting,
        StateHolder state,
        IgnoredNames ignored,
        Action ticked
    )
    {
        (_options, _time, _waiting, _state, _ignored, _ticked) = (options, time, waiting, state, ignored, ticked);
        _lister = new FolderLister(options, time, waiting, ignored.Note);
        _ignoreExisting = !options.ReplayExisting;
        lock (_gate)
            Connect();
        _timer = time.CreateTimer(_ => Tick(), null, options.ScanEvery, options.ScanEvery);
    }

    /// <summary>Whether the folder is one of this machine: its times are by our clock.</summary>
    public bool IsLocal => _lister.IsLocal;

    /// <summary>Lists the folder now; a failure makes it lost.</summary>
    public void List()
    {
        lock (_gate)
        {
            if (_isDisposed || _state.Current.Status != SourceStatus.Connected)
                return;
            try
            {
                ListNow();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Lose(e.Message);
            }
        }
    }

    /// <summary>The folder can't be used any more; it is looked for again.</summary>
    public void Lose(string reason)
    {
        lock (_gate)
        {
            if (_isDisposed)
                return;
            Disconnect();
            _state.Set(SourceState.Lost(reason));
            _waiting.Clear(taken: false);
        }
    }

    /// <summary>Lets go of the folder.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            Disconnect();
        }
        _timer.Dispose();
    }

    private void Tick()
    {
        // A slow share must not pile up ticks.
        if (!_gate.TryEnter())
            return;
        try
        {
            if (_isDisposed)
                return;
            if (_state.Current.Status == SourceStatus.Connected && NativeFile.PlaceOf(_options.Path) is var place && place != _place)
                Lose(
                    place is null
                        ? $"{_options.Path} is not there"
                        : $"{_options.Path} is another folder now: one was mounted over it, or put into its place"
                );
            if (_state.Current.Status == SourceStatus.Lost)
                Connect();
            else if (
                _notifier is null
                || _lister.HasUnsettled
                || _waiting.MustList
                || _time.GetElapsedTime(_listedAt) >= _options.RelistEvery
            )
                List();
        }
        finally
        {
            _gate.Exit();
        }

        _ticked();
    }

    /// <summary>Watches first and lists then, so that no file falls between.</summary>
    private void Connect()
    {
        try
        {
            _place = NativeFile.PlaceOf(_options.Path) ?? throw new DirectoryNotFoundException($"{_options.Path} is not there");
            bool isPolled =
                _options.WatchMode == FolderWatchMode.Poll
                || (_options.WatchMode == FolderWatchMode.Auto && FileSystemKind.RemoteName(_options.Path) is not null);
            if (!isPolled)
                _notifier = Watch();
            (_lister.IsLocal, _lister.IsBeingWritten) = (!isPolled, _notifier is { } notifier ? notifier.IsBeingWritten : null);
            if (_ignoreExisting)
                _lister.IgnoreExisting();
            else
                ListNow();
            _state.Set(SourceState.Connected);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Disconnect();
            _state.Set(SourceState.Lost(e.Message));
        }
        // Whatever is there after the folder was away has come meanwhile.
        _ignoreExisting = false;
    }

    private void ListNow()
    {
        _listedAt = _time.GetTimestamp();
        _lister.List();
    }

    private FolderNotifier Watch()
    {
        FolderNotifier? self = null;
        self = new FolderNotifier(
            _options.Path,
            new FolderEvents(
                name =>
                {
                    if (FileNames.IsTemporary(name))
                        return;
                    if (FileNames.IsPicture(name, _options.Files))
                        _waiting.Arrived(name);
                    else
                        _ignored.Note(name);
                },
                _waiting.RequestList,
                reason =>
                {
                    lock (_gate)
                    {
                        if (ReferenceEquals(self, _notifier))
                            Lose($"{_options.Path}: {reason}");
                    }
                }
            )
        );
        return self;
    }

    private void Disconnect()
    {
        _notifier?.Dispose();
        _notifier = null;
    }
}
