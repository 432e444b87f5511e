namespace ClipFusion.EdgeDaemon.Pictures;

/// <summary>
/// The frames of one station that wait for their pictures: at most <see cref="MaximumFrames"/>, and no more memory than given (two frames
/// may be had whatever their size). When it is full the oldest that waits is dropped, and counted. Safe for several threads.
/// </summary>
/// <param name="memory">Bytes of all of them.</param>
internal sealed class KeptFrames(long memory = KeptFrames.DefaultMemory)
{
    /// <summary>Most frames, the one being worked on included.</summary>
    public const int MaximumFrames = 16;

    /// <summary>64 MB: four frames of five megapixels in colour.</summary>
    public const long DefaultMemory = 64 << 20;

    private const int LeastFrames = 2;

    private readonly Lock _lock = new();
    private readonly List<KeptFrame> _all = new(MaximumFrames);
    private readonly Stack<KeptFrame> _free = new(MaximumFrames);
    private readonly Queue<KeptFrame> _waiting = new(MaximumFrames);
    private long _dropped;

    /// <summary>Frames that wait.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock)
                return _waiting.Count;
        }
    }

    /// <summary>Frames dropped.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Keeps a copy of a frame. Copies memory, but waits for nobody.</summary>
    /// <param name="source">The frame, which stays the caller's, and its map, which does not.</param>
    /// <param name="uses">What it is wanted for.</param>
    /// <param name="now">Monotonic timestamp.</param>
    /// <returns>False when it had to be dropped itself: all others are being worked on or copied.</returns>
    public bool Keep(PictureSource source, PictureUses uses, long now)
    {
        KeptFrame? place = null;
        bool isKept = false;
        try
        {
            lock (_lock)
                place = Place(source.Frame.Shape.ByteCount);
            place?.Take(source, uses, now);
            isKept = place is not null;
        }
        finally
        {
            if (!isKept)
            {
                source.Map?.Dispose();
                if (place is not null)
                    Return(place);
            }
        }

        if (isKept)
        {
            lock (_lock)
                _waiting.Enqueue(place!);
        }

        return isKept;
    }

    /// <summary>The frame that has waited longest, from now on the caller's, who returns it; null when none waits.</summary>
    public KeptFrame? Next()
    {
        lock (_lock)
            return _waiting.TryDequeue(out KeptFrame? next) ? next : null;
    }

    /// <summary>Gives a frame's memory back.</summary>
    public void Return(KeptFrame frame)
    {
        frame.Clear();
        lock (_lock)
            _free.Push(frame);
    }

    /// <summary>Lets a frame of the caller's go out of the count, until it comes back.</summary>
    public void Lend(KeptFrame frame)
    {
        lock (_lock)
            _all.Remove(frame);
    }

    /// <summary>Takes a frame back that was lent.</summary>
    public void TakeBack(KeptFrame frame)
    {
        frame.Clear();
        lock (_lock)
        {
            // Its place may be taken by another meanwhile.
            if (_all.Count >= MaximumFrames)
                return;
            _all.Add(frame);
            _free.Push(frame);
        }
    }

    private KeptFrame? Place(int bytes)
    {
        if (_free.TryPop(out KeptFrame? free))
            return free;
        if (_all.Count < LeastFrames || (_all.Count < MaximumFrames && _all.Sum(f => (long)f.Capacity) + bytes <= memory))
        {
            _all.Add(new KeptFrame());
            return _all[^1];
        }

        Interlocked.Increment(ref _dropped);
        if (!_waiting.TryDequeue(out KeptFrame? oldest))
            return null;
        oldest.Clear();
        return oldest;
    }
}
