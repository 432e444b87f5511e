namespace ClipFusion.Camera.Folder;

/// <summary>Keeps the tie to a folder: watches it, lists it when that is needed, notices that it went and looks for it until it is back. Thread-safe.</summary>
internal sealed class FolderConnection : IDisposable
{
    private readonly FolderOptions _options;
    private readonly WaitingFiles _waiting;
    private readonly StateHolder _state;
    private readonly FolderLister _lister;
    private readonly Lock _gate = new();
    private readonly ITimer _timer;
    private FolderNotifier? _notifier;
    private bool _ignoreExisting;
    private bool _isDisposed;

    /// <summary>Connects, or begins to look for the folder.</summary>
    public FolderConnection(FolderOptions options, TimeProvider time, WaitingFiles waiting, StateHolder state)
    {
        (_options, _waiting, _state) = (options, waiting, state);
        _lister = new FolderLister(options, time, waiting);
        _ignoreExisting = !options.ReplayExisting;
        lock (_gate) Connect();
        _timer = time.CreateTimer(_ => Tick(), null, options.ScanEvery, options.ScanEvery);
    }

    /// <summary>Lists the folder now; a failure makes it lost.</summary>
    public void List()
    {
        lock (_gate)
        {
            if (_isDisposed || _state.Current.Status != SourceStatus.Connected) return;
            try
            {
                _lister.List();
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
            if (_isDisposed) return;
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
        if (!_gate.TryEnter()) return;
        try
        {
            if (_isDisposed) return;
            if (_state.Current.Status == SourceStatus.Lost) Connect();
            else if (_options.WatchMode == FolderWatchMode.Poll || _lister.HasUnsettled || _waiting.MustList) List();
        }
        finally
        {
            _gate.Exit();
        }
    }

    /// <summary>Watches first and lists then, so that no file falls between.</summary>
    private void Connect()
    {
        try
        {
            if (!Directory.Exists(_options.Path)) throw new DirectoryNotFoundException($"{_options.Path} is not there");
            if (_options.WatchMode == FolderWatchMode.Notify) _notifier = Watch();
            if (_ignoreExisting) _lister.IgnoreExisting();
            else _lister.List();
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

    private FolderNotifier Watch()
    {
        FolderNotifier? self = null;
        self = new FolderNotifier(_options.Path, new FolderEvents(
            name =>
            {
                if (name.Length > 0 && !FileNames.IsTemporary(name)) _waiting.Arrived(name);
            },
            _waiting.RequestList,
            reason =>
            {
                lock (_gate)
                {
                    if (ReferenceEquals(self, _notifier)) Lose($"{_options.Path}: {reason}");
                }
            }));
        return self;
    }

    private void Disconnect()
    {
        _notifier?.Dispose();
        _notifier = null;
    }
}
