namespace ClipFusion.Camera.Folder;

/// <summary>Chooses the file that answers a trigger, among those that wait. Thread-safe.</summary>
/// <param name="options">By what.</param>
/// <param name="waiting">The files.</param>
internal sealed class FileMatcher(FolderOptions options, WaitingFiles waiting)
{
    private readonly Lock _gate = new();
    private readonly List<TriggerContext> _open = [];

    /// <summary>Whether triggers are told apart: each waits for its own file, whatever happens to the others.</summary>
    public bool TellsApart => options.Match != FileMatch.Order;

    /// <summary>A trigger begins to wait.</summary>
    public void Open(TriggerContext trigger)
    {
        lock (_gate)
            _open.Add(trigger);
    }

    /// <summary>A trigger waits no more.</summary>
    public void Close(TriggerContext trigger)
    {
        lock (_gate)
            _open.RemoveAll(t => t.Number == trigger.Number);
    }

    /// <summary>Why no file will ever answer this trigger; null when one may.</summary>
    public string? Impossible(TriggerContext trigger) =>
        options.Match switch
        {
            FileMatch.Name when trigger is { TriggerId: null, PartId: null } =>
                "files are matched by name, and it has neither a trigger id nor a part id",
            FileMatch.Time when trigger.AcceptedAt is null => "files are matched by time, and the time of its acceptance is not known",
            _ => null,
        };

    /// <summary>What was waited for, for people.</summary>
    public string Describe(TriggerContext trigger) =>
        options.Match switch
        {
            FileMatch.Name => "no file named "
                + $"{string.Join(" or ", new[] { trigger.TriggerId, trigger.PartId }.Where(id => id is not null).Distinct())} came",
            FileMatch.Time =>
                $"no file came that was modified within {options.MatchWindow.TotalMilliseconds:0} ms of the trigger's acceptance",
            _ => "no file came",
        };

    /// <summary>Takes the file of a trigger, or the next one for a stream (null); null while there is none.</summary>
    public string? Take(TriggerContext? trigger)
    {
        if (trigger is not { } asked)
            return waiting.Take();
        return options.Match switch
        {
            FileMatch.Name => waiting.Take(name => IsNamed(name, asked)),
            FileMatch.Time => TakeNearest(asked),
            _ => waiting.Take(),
        };
    }

    /// <summary>The part's id in a file's name; null where none is looked for, found, or fit to be one.</summary>
    public string? PartIdOf(string name)
    {
        if (options.PartIdFromName?.Match(NativeName.Show(name)) is not { Success: true, Groups: { Count: > 1 } groups })
            return null;
        string id = groups[1].Value;
        return id.Length is >= 1 and <= 36 && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-') ? id : null;
    }

    private bool IsNamed(string name, TriggerContext trigger)
    {
        string stem = Path.GetFileNameWithoutExtension(name);
        return stem == trigger.TriggerId
            || stem == trigger.PartId
            || name == trigger.TriggerId
            || name == trigger.PartId
            || (trigger.PartId is { } part && PartIdOf(name) == part);
    }

    /// <summary>A file belongs to the nearest of the triggers that wait: one whose own file is missing must not take its
    /// neighbour's.</summary>
    private string? TakeNearest(TriggerContext trigger)
    {
        lock (_gate)
        {
            string? nearest = null;
            TimeSpan shortest = TimeSpan.MaxValue;
            foreach (string name in waiting.Names())
            {
                if (NativeFile.StatusOf(Path.Combine(options.Path, name)) is not { } file)
                    continue;
                TimeSpan distance = Distance(trigger, FileVersion.Of(file).Written);
                if (
                    distance > options.MatchWindow
                    || distance >= shortest
                    || _open.Any(other => other.Number != trigger.Number && Distance(other, FileVersion.Of(file).Written) < distance)
                )
                    continue;
                (nearest, shortest) = (name, distance);
            }

            return nearest is null ? null : waiting.Take(name => name == nearest);
        }
    }

    private static TimeSpan Distance(TriggerContext trigger, DateTime written) =>
        trigger.AcceptedAt is { } accepted ? (written - accepted.UtcDateTime).Duration() : TimeSpan.MaxValue;
}
