using System.Text.Json;

namespace ClipFusion.Foundation.Json;

/// <summary>
/// Scalar values from the environment that stand in for those of a file: with the prefix <c>CLIPFUSION</c>, <c>CLIPFUSION__MQTT__HOST</c>
/// replaces
/// <c>$.mqtt.host</c> and <c>CLIPFUSION__STATIONS__0__QUEUEDEPTH</c> replaces <c>$.stations[0].queueDepth</c>. They are checked as the
/// file's values are, and their errors name the variable. Names count whatever their case.
/// </summary>
public sealed class Overrides
{
    private readonly string _prefix;
    private readonly Dictionary<string, (string Name, string Text)> _variables = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _used = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Takes the variables that start with the prefix and two underscores.</summary>
    /// <param name="prefix">For example <c>CLIPFUSION</c>.</param>
    /// <param name="variables">All variables; the others are left alone.</param>
    public Overrides(string prefix, IEnumerable<KeyValuePair<string, string>> variables)
    {
        ArgumentNullException.ThrowIfNull(variables);
        _prefix = prefix + "__";
        foreach (
            (string name, string text) in variables
                .Where(v => v.Key.StartsWith(_prefix, StringComparison.OrdinalIgnoreCase))
                .OrderBy(v => v.Key, StringComparer.Ordinal)
        )
        {
            _variables.TryAdd(name, (name, text));
        }
    }

    /// <summary>Whether the value at a JSON path is replaced.</summary>
    public bool Has(string path) => _variables.ContainsKey(NameOf(path));

    /// <summary>Whether any value below a JSON path is replaced.</summary>
    public bool HasBelow(string path) =>
        _variables.Keys.Any(name => name.StartsWith(NameOf(path) + "__", StringComparison.OrdinalIgnoreCase));

    /// <summary>Reports every variable that no key asked for: a mistyped one must not be swallowed.</summary>
    public void RejectUnknown(FieldErrors errors)
    {
        ArgumentNullException.ThrowIfNull(errors);
        foreach ((string name, _) in _variables.Values.Where(v => !_used.Contains(v.Name)))
        {
            errors.Add(
                JsonText.Clip(name),
                "a variable that names no single value of the file",
                $"{_prefix}KEY or {_prefix}OBJECT__KEY of a key that takes a number, a text or true/false"
            );
        }
    }

    /// <summary>Reads the value that replaces a key's; false where there is none.</summary>
    /// <param name="path">The key's JSON path.</param>
    /// <param name="errors">Receives what is wrong with it, under the variable's name.</param>
    /// <param name="read">The key's own reader.</param>
    /// <param name="good">Whether the value can be used.</param>
    /// <param name="value">The value.</param>
    internal bool TryRead<T>(string path, FieldErrors errors, ValueReader<T> read, out bool good, out T value)
    {
        (good, value) = (false, default!);
        if (!_variables.TryGetValue(NameOf(path), out (string Name, string Text) variable))
            return false;
        _used.Add(variable.Name);

        // The environment has only text: 5 may be the number, or the text of a version. The reader knows which one it wants.
        var asText = new FieldErrors();
        JsonElement text = JsonSerializer.SerializeToElement(variable.Text);
        if (read(text, path, asText, out value))
            return good = true;
        FieldErrors first = asText;
        if (TryScalar(variable.Text, out JsonElement scalar))
        {
            first = new FieldErrors();
            if (read(scalar, path, first, out value))
                return good = true;
        }

        foreach (FieldError error in first.List)
            errors.Add($"{variable.Name} ({error.Path})", error.Found, error.Expected);
        return true;
    }

    private string NameOf(string path) =>
        _prefix
        + path.TrimStart('$')
            .TrimStart('.')
            .Replace("]", "", StringComparison.Ordinal)
            .Replace("[", "__", StringComparison.Ordinal)
            .Replace(".", "__", StringComparison.Ordinal);

    private static bool TryScalar(string text, out JsonElement scalar)
    {
        scalar = default;
        try
        {
            scalar = JsonElement.Parse(text);
            return scalar.ValueKind is JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False or JsonValueKind.Null;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
