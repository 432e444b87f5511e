using ClipFusion.Foundation.Json;

namespace ClipFusion.EdgeDaemon.Configuration;

/// <summary>A configuration that can't be used, with everything that is wrong in it: exit code 2.</summary>
/// <param name="source">The file's path.</param>
/// <param name="errors">At least one error, at most <see cref="FieldErrors.Max"/>.</param>
internal sealed class ConfigException(string source, IReadOnlyList<FieldError> errors) : Exception(FieldErrors.Message(source, errors))
{
    /// <summary>Everything that is wrong, each with its JSON path or the variable's name.</summary>
    public IReadOnlyList<FieldError> Errors { get; } = errors;
}
