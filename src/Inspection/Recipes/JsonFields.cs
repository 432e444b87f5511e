using System.Globalization;
using System.Text.Json;

namespace ClipFusion.Inspection.Recipes;

/// <summary>The errors of one file, bounded.</summary>
internal sealed class RecipeErrors
{
    private readonly List<RecipeError> _list = [];

    public IReadOnlyList<RecipeError> List => _list;

    public void Add(string path, string found, string expected)
    {
        if (_list.Count < RecipeException.MaxErrors - 1) _list.Add(new(path, found, expected));
        else if (_list.Count == RecipeException.MaxErrors - 1) _list.Add(new("$", "more errors than are listed", "a recipe file"));
    }
}

/// <summary>
/// The keys of one JSON object. Asking for a key makes it known; what was never asked for is an unknown key, so there is no second list of keys
/// to forget. A wrong value is reported and answered with the default, and reading goes on.
/// </summary>
internal sealed class JsonFields
{
    private readonly Dictionary<string, JsonElement> _values = new(StringComparer.Ordinal);
    private readonly List<string> _known = [];
    private readonly string _path;
    private readonly RecipeErrors _errors;

    public JsonFields(JsonElement json, string path, RecipeErrors errors)
    {
        (_path, _errors) = (path, errors);
        foreach (JsonProperty property in json.EnumerateObject())
        {
            if (JsonText.TryName(property, out string name))
            {
                if (!_values.TryAdd(name, property.Value)) errors.Add(PathOf(name), "the key a second time", "every key once");
            }
            else
            {
                errors.Add(path, "a key that is not valid Unicode", "known keys only");
            }
        }
    }

    public IReadOnlyList<string> Known => _known;

    public string PathOf(string key) => $"{_path}.{JsonText.Clip(key)}";

    /// <summary>The key's value as <paramref name="read"/> gives it; the default where the key is missing or wrong.</summary>
    public T Read<T>(string key, T missing, ValueReader<T> read)
    {
        _known.Add(key);
        return _values.TryGetValue(key, out JsonElement value) && read(value, PathOf(key), _errors, out T result) ? result : missing;
    }

    /// <summary>As <see cref="Read"/>, but the key must be there.</summary>
    public T Require<T>(string key, T missing, string expected, ValueReader<T> read)
    {
        if (!_values.ContainsKey(key)) _errors.Add(PathOf(key), "nothing", expected);
        return Read(key, missing, read);
    }

    public void RejectUnknown()
    {
        foreach (string key in _values.Keys.Except(_known))
        {
            _errors.Add(PathOf(key), "an unknown key", $"one of {string.Join(", ", _known)}");
        }
    }
}

/// <summary>Reads one JSON value; false after reporting what is wrong with it.</summary>
internal delegate bool ValueReader<T>(JsonElement json, string path, RecipeErrors errors, out T value);

/// <summary>Text of JSON values; a lone surrogate escape makes System.Text.Json throw where a value is read, not where it is parsed.</summary>
internal static class JsonText
{
    private const int ShownCharacters = 60;

    public static bool TryName(JsonProperty property, out string name) => Try(() => property.Name, out name);

    public static bool TryString(JsonElement json, out string text) => Try(() => json.GetString()!, out text);

    /// <summary>The value as an error message shows it.</summary>
    public static string Show(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => string.Create(CultureInfo.InvariantCulture, $"an array of {json.GetArrayLength()}"),
        _ => Clip(json.GetRawText()),
    };

    public static string Clip(string text) => text.Length <= ShownCharacters ? text : text[..ShownCharacters] + "...";

    private static bool Try(Func<string> get, out string text)
    {
        try
        {
            text = get();
            return true;
        }
        catch (InvalidOperationException)
        {
            text = "";
            return false;
        }
    }
}
