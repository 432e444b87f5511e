namespace ClipFusion.Camera.Folder;

/// <summary>
/// Names of files that may be read now, first come first served. Bounded: when it is full it forgets what comes and remembers only that the
/// folder must be listed again once it is empty, so that order is kept and nothing is lost. Thread-safe.
/// </summary>
/// <param name="capacity">Names that wait at most.</param>
/// <param name="time">Tells how long a name has waited.</param>
/// <param name="isOrdered">Whether names are taken in their order: then a full memory is filled again only when it is empty.</param>
internal sealed class WaitingFiles(int capacity, TimeProvider time, bool isOrdered = true)
{
    /// <summary>Nobody holds so many frames: beyond it the reader forgets to settle, or nothing can be moved away.</summary>
    private const int MostTaken = 1 << 16;

    /// <summary>Files that are no pictures and are remembered as such; of older ones is forgotten that they were looked at.</summary>
    private const int MostPassedOver = 1 << 14;

    private readonly Lock _gate = new();
    private readonly LinkedList<(string Name, long Since)> _ready = new();
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    /// <summary>Files that were looked at and are no pictures: left alone until they change.</summary>
    private readonly Dictionary<string, FileVersion> _passedOver = new(StringComparer.Ordinal);

    /// <summary>Names that are being read, judged, or could not be moved away: not to be taken a second time.</summary>
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);

    /// <summary>Names among the taken whose files could not be moved away.</summary>
    private readonly HashSet<string> _stuck = new(StringComparer.Ordinal);

    /// <summary>Names whose writers have closed them, as far as they wait or are taken: others were only found in a listing.</summary>
    private readonly HashSet<string> _closed = new(StringComparer.Ordinal);

    /// <summary>Names among the taken that were written anew meanwhile.</summary>
    private readonly HashSet<string> _again = new(StringComparer.Ordinal);
    private bool _mustList;
    private TaskCompletionSource _changed = NewSignal();

    /// <summary>Whether the folder holds more than is remembered and everything remembered is taken.</summary>
    public bool MustList
    {
        get
        {
            lock (_gate)
                return _mustList && (_ready.Count == 0 || (!isOrdered && _ready.Count < capacity));
        }
    }

    /// <summary>Names that wait.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _ready.Count;
        }
    }

    /// <summary>Completes when something has changed after this was read.</summary>
    public Task Changed
    {
        get
        {
            lock (_gate)
                return _changed.Task;
        }
    }

    /// <summary>Whether it waits or was taken.</summary>
    public bool Knows(string name)
    {
        lock (_gate)
            return _known.Contains(name) || _taken.Contains(name);
    }

    /// <summary>Whether it was passed over as no picture and has not changed since.</summary>
    public bool IsPassedOver(string name, FileVersion version)
    {
        lock (_gate)
            return _passedOver.TryGetValue(name, out FileVersion seen) && seen == version;
    }

    /// <summary>A file just became ready. A name that was taken and is written anew comes again after it has been moved away.</summary>
    public void Arrived(string name)
    {
        lock (_gate)
        {
            _closed.Add(name);
            if (_known.Contains(name))
                return;
            if (_stuck.Remove(name))
                _taken.Remove(name);
            if (_taken.Contains(name))
                _again.Add(name);
            else if (_mustList || _ready.Count >= capacity)
            {
                _mustList = true;
                _closed.Remove(name);
            }
            else
            {
                Add(name);
            }

            Signal();
        }
    }

    /// <summary>Whether the writer of a taken file has closed it once: whoever writes on has not finished it.</summary>
    public bool WasClosed(string name)
    {
        lock (_gate)
            return _closed.Contains(name);
    }

    /// <summary>Takes over what a listing found.</summary>
    /// <param name="ready">Ready names in their order.</param>
    /// <param name="isAll">Whether there are no others.</param>
    public void Listed(IEnumerable<string> ready, bool isAll)
    {
        lock (_gate)
        {
            _mustList = !isAll;
            foreach (string name in ready)
            {
                if (_known.Contains(name) || _taken.Contains(name))
                    continue;
                if (_ready.Count >= capacity)
                {
                    _mustList = true;
                    break;
                }
                Add(name);
            }
            Signal();
        }
    }

    /// <summary>Asks for a listing.</summary>
    public void RequestList()
    {
        lock (_gate)
        {
            _mustList = true;
            Signal();
        }
    }

    /// <summary>The next name, which counts as taken until <see cref="Release"/>; null when none waits, or when far too many were taken and
    /// never released.</summary>
    /// <param name="wanted">Which name will do; null = the first.</param>
    public string? Take(Predicate<string>? wanted = null)
    {
        lock (_gate)
        {
            if (_taken.Count >= MostTaken)
                return null;
            for (LinkedListNode<(string Name, long Since)>? node = _ready.First; node is not null; node = node.Next)
            {
                if (wanted is not null && !wanted(node.Value.Name))
                    continue;
                return Taken(node);
            }

            return null;
        }
    }

    /// <summary>Names that wait now, in their order.</summary>
    public IReadOnlyList<string> Names()
    {
        lock (_gate)
            return [.. _ready.Select(r => r.Name)];
    }

    /// <summary>A name that has waited too long, taken; null for none.</summary>
    public string? TakeOlder(TimeSpan age)
    {
        lock (_gate)
            return _ready.First is { } node && time.GetElapsedTime(node.Value.Since) >= age ? Taken(node) : null;
    }

    /// <summary>A taken file is no picture: it is left alone until it changes.</summary>
    public void PassOver(string name, FileVersion version)
    {
        lock (_gate)
        {
            if (_passedOver.Count >= MostPassedOver)
                _passedOver.Clear();
            _passedOver[name] = version;
            Release(name);
        }
    }

    /// <summary>The file is gone from its place, or was not read after all: its name may come again, at once if it was written
    /// anew.</summary>
    public void Release(string name)
    {
        lock (_gate)
        {
            _taken.Remove(name);
            _closed.Remove(name);
            if (_again.Remove(name))
                Arrived(name);
        }
    }

    /// <summary>The file could not be moved away: it is left alone until it is written anew.</summary>
    public void Stuck(string name)
    {
        lock (_gate)
        {
            _stuck.Add(name);
            if (_again.Remove(name))
                Arrived(name);
        }
    }

    /// <summary>A taken file was not read after all and is the next again.</summary>
    public void PutBack(string name)
    {
        lock (_gate)
        {
            _taken.Remove(name);
            _again.Remove(name);
            if (_known.Add(name))
                _ready.AddFirst((name, time.GetTimestamp()));
            Signal();
        }
    }

    /// <summary>Forgets what waits, and with <paramref name="taken"/> also what was taken.</summary>
    public void Clear(bool taken)
    {
        lock (_gate)
        {
            _ready.Clear();
            _known.Clear();
            _closed.Clear();
            if (taken)
            {
                _taken.Clear();
                _again.Clear();
                _stuck.Clear();
                _passedOver.Clear();
            }
            _mustList = false;
            Signal();
        }
    }

    /// <summary>Wakes whoever waits for <see cref="Changed"/>.</summary>
    public void Wake()
    {
        lock (_gate)
            Signal();
    }

    private void Add(string name)
    {
        _ready.AddLast((name, time.GetTimestamp()));
        _known.Add(name);
    }

    private string Taken(LinkedListNode<(string Name, long Since)> node)
    {
        _ready.Remove(node);
        _known.Remove(node.Value.Name);
        _taken.Add(node.Value.Name);
        return node.Value.Name;
    }

    private void Signal()
    {
        _changed.TrySetResult();
        _changed = NewSignal();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
