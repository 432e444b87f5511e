namespace ClipFusion.Camera.Folder;

/// <summary>
/// Triggers that were answered without their file, where files answer in order: a file that comes for one of them must not go to the next
/// part, and from then on every file to the part after its own. Thread-safe.
/// </summary>
/// <remarks>
/// It can be told where triggers come before their pictures: a file that is older than the trigger that asks for it was not taken for it.
/// Where pictures come before their triggers, files are always older, and nothing is told. Which of the two a line does is seen from the
/// files that were paired before.
/// </remarks>
/// <param name="options">The window, and triggers of earlier runs.</param>
/// <param name="time">Clocks.</param>
internal sealed class LateFiles(FolderOptions options, TimeProvider time)
{
    private const int MostTriggers = 64;

    /// <summary>Clocks of files tick in steps, and a camera may be told before the box.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromMilliseconds(100);

    /// <summary>A camera that needs longer than this for a picture has lost it.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Queue<(TriggerContext Trigger, long Since)> _unanswered = new(
        options.Unanswered.TakeLast(MostTriggers).Select(t => (t, time.GetTimestamp()))
    );
    private bool _isFileFirst;

    /// <summary>A trigger was given up without a file.</summary>
    public void Add(TriggerContext trigger)
    {
        if (options.Match != FileMatch.Order)
            return;
        lock (_gate)
        {
            if (_unanswered.Count >= MostTriggers)
                _unanswered.Dequeue();
            _unanswered.Enqueue((trigger, time.GetTimestamp()));
        }
    }

    /// <summary>Whose file this is, although another trigger asks; null when it is the asking one's, as far as can be told.</summary>
    /// <param name="asking">The trigger that would get it.</param>
    /// <param name="written">The file's time.</param>
    /// <returns>The trigger that was answered without it, which is forgotten: it has its file now.</returns>
    public TriggerContext? OwnerOf(TriggerContext asking, DateTime written)
    {
        if (options.Match != FileMatch.Order || asking.AcceptedAt is not { } accepted)
            return null;
        lock (_gate)
        {
            bool isOlder = written < accepted.UtcDateTime - Tolerance;
            while (_unanswered.TryPeek(out (TriggerContext Trigger, long Since) oldest) && time.GetElapsedTime(oldest.Since) > Longest)
                _unanswered.Dequeue();
            if (
                isOlder
                && !_isFileFirst
                && _unanswered.TryPeek(out (TriggerContext Trigger, long Since) owner)
                && owner.Trigger.AcceptedAt is { } began
                && written >= began.UtcDateTime - options.MatchWindow
            )
                return _unanswered.Dequeue().Trigger;
            _isFileFirst = isOlder;
            return null;
        }
    }
}
