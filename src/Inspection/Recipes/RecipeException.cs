namespace ClipFusion.Inspection.Recipes;

/// <summary>One thing that is wrong in a recipe file.</summary>
/// <param name="Path">JSON path of the value, for example <c>$.states[2]</c>.</param>
/// <param name="Found">What is there.</param>
/// <param name="Expected">What is expected there.</param>
public sealed record RecipeError(string Path, string Found, string Expected)
{
    /// <summary>The error as one line.</summary>
    public override string ToString() => $"{Path}: found {Found}; expected {Expected}";
}

/// <summary>A recipe that can't be used, with everything that is wrong in it.</summary>
public sealed class RecipeException : Exception
{
    /// <summary>Errors kept of one recipe; a hostile file could have a hundred thousand.</summary>
    public const int MaxErrors = 100;

    /// <summary>Makes the exception; the message lists every error on a line of its own.</summary>
    /// <param name="source">The file's path or another name for where the recipe came from.</param>
    /// <param name="errors">At least one error, in the order of the file where it has one.</param>
    /// <param name="inner">The parser's own exception, if there was one.</param>
    public RecipeException(string source, IReadOnlyList<RecipeError> errors, Exception? inner = null)
        : base($"{source}: {errors?.Count} {(errors?.Count == 1 ? "error" : "errors")}{Environment.NewLine}{string.Join(Environment.NewLine, errors ?? [])}", inner)
    {
        ArgumentNullException.ThrowIfNull(errors);
        Errors = errors;
    }

    /// <summary>Everything that is wrong, at most <see cref="MaxErrors"/> entries.</summary>
    public IReadOnlyList<RecipeError> Errors { get; }
}
