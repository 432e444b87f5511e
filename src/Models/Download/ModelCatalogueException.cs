namespace ClipFusion.Models.Download;

/// <summary>A model catalogue that cannot be used, with everything that is wrong in it.</summary>
public sealed class ModelCatalogueException : Exception
{
    /// <summary>Collects the errors of one catalogue.</summary>
    /// <param name="origin">The file.</param>
    /// <param name="errors">At least one error, each with its JSON path where it has one.</param>
    /// <param name="inner">The cause, if an exception was it.</param>
    public ModelCatalogueException(string origin, IReadOnlyList<string> errors, Exception? inner = null)
        : base($"{origin}: {string.Join("; ", errors)}", inner)
    {
        Errors = [.. errors.Select(e => $"{origin}: {e}")];
    }

    /// <summary>One line per error, each starting with the file's name.</summary>
    public IReadOnlyList<string> Errors { get; }
}
