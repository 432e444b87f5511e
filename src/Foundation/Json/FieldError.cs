namespace ClipFusion.Foundation.Json;

/// <summary>One thing that is wrong in a file that a person wrote.</summary>
/// <param name="Path">JSON path of the value, for example <c>$.states[2]</c>.</param>
/// <param name="Found">What is there.</param>
/// <param name="Expected">What is expected there.</param>
public sealed record FieldError(string Path, string Found, string Expected)
{
    /// <summary>The error as one line.</summary>
    public override string ToString() => $"{Path}: found {Found}; expected {Expected}";
}

/// <summary>The errors of one file in the order in which they were found, bounded.</summary>
public sealed class FieldErrors
{
    /// <summary>Errors kept of one file; a hostile one could have a hundred thousand.</summary>
    public const int Max = 100;

    private readonly List<FieldError> _list = [];

    /// <summary>At most <see cref="Max"/> errors; the last of as many says that there are more.</summary>
    public IReadOnlyList<FieldError> List => _list;

    /// <summary>Notes one error.</summary>
    /// <param name="path">JSON path of the value.</param>
    /// <param name="found">What is there.</param>
    /// <param name="expected">What is expected there.</param>
    public void Add(string path, string found, string expected)
    {
        if (_list.Count < Max - 1)
            _list.Add(new(path, found, expected));
        else if (_list.Count == Max - 1)
            _list.Add(new("$", "more errors than are listed", "a file with fewer"));
    }

    /// <summary>Everything in one text: the file's name and a line per error.</summary>
    /// <param name="source">The file's path or another name for it.</param>
    /// <param name="errors">At least one.</param>
    public static string Message(string source, IReadOnlyList<FieldError> errors)
    {
        ArgumentNullException.ThrowIfNull(errors);
        return $"{source}: {errors.Count} "
            + $"{(errors.Count == 1 ? "error" : "errors")}{Environment.NewLine}{string.Join(Environment.NewLine, errors)}";
    }
}
