using ClipFusion.EdgeDaemon.Domain;

namespace ClipFusion.EdgeDaemon.Pictures;

/// <summary>An inspection as the page shows it. The pictures are never written to again, so they may be sent as they are.</summary>
/// <param name="Verdict">Its verdict, as stored.</param>
/// <param name="FrameJpeg">The frame, at most <see cref="StationGallery.MaximumWidth"/> pixels wide; empty where it is no picture.</param>
/// <param name="OverlayJpeg">The same with its anomaly map and regions on top; empty where there is no map.</param>
internal sealed record ShownInspection(VerdictRecord Verdict, ReadOnlyMemory<byte> FrameJpeg, ReadOnlyMemory<byte> OverlayJpeg);

/// <summary>
/// What the page shows of a station: the latest inspection, and the latest NG. Pictures are only made while somebody looks, so that a box
/// that nobody looks at spends next to nothing; those of the last frames are made at the first look. Safe for several threads.
/// </summary>
/// <param name="time">The clock of looking.</param>
internal sealed class StationGallery(TimeProvider time)
{
    /// <summary>Widest picture, pixels.</summary>
    public const int MaximumWidth = 1280;

    /// <summary>How long one look counts.</summary>
    public static readonly TimeSpan Look = TimeSpan.FromSeconds(5);

    /// <summary>How long a first look waits for the pictures of the last frames.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();

    // Zero stands for never; the clock's own zero is one tick away from it.
    private long _wantedAt;
    private ShownInspection? _latest;
    private ShownInspection? _latestNg;
    private TaskCompletionSource? _postponed;

    /// <summary>Raised after a new inspection is shown, on the thread that made its pictures; handlers return at once.</summary>
    public event Action? Changed;

    /// <summary>Raised where somebody looks and pictures of the last frames are yet to be made; handlers return at once.</summary>
    public event Action? Asked;

    /// <summary>The latest inspection whose pictures were made; null before the first.</summary>
    public ShownInspection? Latest => Volatile.Read(ref _latest);

    /// <summary>The latest NG among them; null before the first.</summary>
    public ShownInspection? LatestNg => Volatile.Read(ref _latestNg);

    /// <summary>Whether somebody looks.</summary>
    public bool IsWanted => Interlocked.Read(ref _wantedAt) is var at && at != 0 && time.GetElapsedTime(at) < Look;

    /// <summary>Somebody looks: pictures are made for the next <see cref="Look"/>, and of the last frames at once.</summary>
    public void Wanted()
    {
        Interlocked.Exchange(ref _wantedAt, time.GetTimestamp() is var now && now == 0 ? 1 : now);
        if (Pending is not null)
            Asked?.Invoke();
    }

    /// <summary>Somebody looks, and waits until what there is can be seen; at most <see cref="Patience"/>.</summary>
    public async Task WantedAsync(CancellationToken cancellation)
    {
        Task? pending = Pending;
        Wanted();
        if (pending is not null)
            await pending.WaitAsync(Patience, time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>There is a newer frame, whose pictures are made when somebody looks.</summary>
    public void Postpone()
    {
        lock (_lock)
            _postponed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        // Somebody may have looked just now.
        if (IsWanted)
            Asked?.Invoke();
    }

    /// <summary>The pictures that were postponed are made.</summary>
    public void Settle()
    {
        TaskCompletionSource? postponed;
        lock (_lock)
            (postponed, _postponed) = (_postponed, null);
        postponed?.SetResult();
    }

    /// <summary>Shows an inspection.</summary>
    public void Show(ShownInspection shown)
    {
        Volatile.Write(ref _latest, shown);
        if (shown.Verdict.Verdict == Verdict.Ng)
            Volatile.Write(ref _latestNg, shown);
        Changed?.Invoke();
    }

    private Task? Pending
    {
        get
        {
            lock (_lock)
                return _postponed?.Task;
        }
    }
}
