using ClipFusion.Foundation.Json;

namespace ClipFusion.Inspection.Recipes;

/// <summary>A recipe that can't be used, with everything that is wrong in it.</summary>
public sealed class RecipeException : Exception
{
    /// <summary>Makes the exception; the message lists every error on a line of its own.</summary>
    /// <param name="source">The file's path or another name for where the recipe came from.</param>
    /// <param name="errors">At least one error, in the order of the file where it has one.</param>
    /// <param name="inner">The parser's own exception, if there was one.</param>
    public RecipeException(string source, IReadOnlyList<FieldError> errors, Exception? inner = null)
        : base(FieldErrors.Message(source, errors), inner)
    {
        Errors = errors;
    }

    /// <summary>Everything that is wrong, at most <see cref="FieldErrors.Max"/> entries.</summary>
    public IReadOnlyList<FieldError> Errors { get; }
}
