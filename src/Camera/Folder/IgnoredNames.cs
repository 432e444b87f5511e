namespace ClipFusion.Camera.Folder;

/// <summary>Says once for each ending that its files are no pictures: a line beside every part would bury the log. Thread-safe.</summary>
/// <param name="options">The pattern, and whom to tell.</param>
/// <param name="counters">Counts them: an ending once.</param>
internal sealed class IgnoredNames(FolderOptions options, FrameCounters counters)
{
    /// <summary>Somebody who numbers endings is not listed for ever.</summary>
    private const int MostEndings = 64;

    private readonly Lock _gate = new();
    private readonly HashSet<string> _endings = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>A file with this name was seen.</summary>
    public void Note(string name)
    {
        string ending = Path.GetExtension(NativeName.Show(name));
        lock (_gate)
        {
            if (_endings.Count >= MostEndings || !_endings.Add(ending))
                return;
        }

        counters.CountIgnored();
        options.Note?.Invoke(
            new FolderNote(
                FolderNoteKind.Ignored,
                NativeName.Show(name),
                options.Files is { } pattern
                    ? $"its name is not like {pattern}"
                    : $"{(ending.Length > 0 ? ending : "its name")} is no picture's ending"
            )
        );
    }
}
