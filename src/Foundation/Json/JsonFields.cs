using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace ClipFusion.Foundation.Json;

/// <summary>Reads one JSON value; false after reporting what is wrong with it.</summary>
/// <typeparam name="T">What the value means.</typeparam>
/// <param name="json">The value.</param>
/// <param name="path">Its JSON path, for errors.</param>
/// <param name="errors">Receives what is wrong with it.</param>
/// <param name="value">What was read; anything after an error.</param>
public delegate bool ValueReader<T>(JsonElement json, string path, FieldErrors errors, out T value);

/// <summary>
/// The keys of one JSON object. Asking for a key makes it known; what was never asked for is an unknown key, so there is no second list of
/// keys to forget. A wrong value is reported and answered with the default, and reading goes on.
/// </summary>
public sealed class JsonFields
{
    private static readonly JsonElement EmptyObject = JsonElement.Parse("{}");

    private readonly Dictionary<string, JsonElement> _values = new(StringComparer.Ordinal);
    private readonly List<string> _known = [];
    private readonly Overrides? _overrides;

    /// <summary>Takes an object's keys; a repeated one is an error.</summary>
    /// <param name="json">A JSON object.</param>
    /// <param name="path">Its JSON path.</param>
    /// <param name="errors">Receives all errors of the file.</param>
    /// <param name="overrides">Values that replace those of the file; null for none.</param>
    public JsonFields(JsonElement json, string path, FieldErrors errors, Overrides? overrides = null)
    {
        ArgumentNullException.ThrowIfNull(errors);
        (Path, Errors, _overrides) = (path, errors, overrides);
        foreach (JsonProperty property in json.EnumerateObject())
        {
            if (JsonText.TryName(property, out string name))
            {
                if (!_values.TryAdd(name, property.Value))
                    errors.Add(PathOf(name), "the key a second time", "every key once");
            }
            else
            {
                errors.Add(path, "a key that is not valid Unicode", "known keys only");
            }
        }
    }

    /// <summary>JSON path of the object.</summary>
    public string Path { get; }

    /// <summary>Where errors go.</summary>
    public FieldErrors Errors { get; }

    /// <summary>The keys that were asked for.</summary>
    public IReadOnlyList<string> Known => _known;

    /// <summary>JSON path of one of its keys; a monstrous key is cut.</summary>
    public string PathOf(string key) => $"{Path}.{JsonText.Clip(key)}";

    /// <summary>The key's value as <paramref name="read"/> gives it; <paramref name="missing"/> where the key is missing or
    /// wrong.</summary>
    public T Read<T>(string key, T missing, ValueReader<T> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        _known.Add(key);
        if (_overrides is not null && _overrides.TryRead(PathOf(key), Errors, read, out bool good, out T replaced))
            return good ? replaced : missing;
        return _values.TryGetValue(key, out JsonElement value) && read(value, PathOf(key), Errors, out T result) ? result : missing;
    }

    /// <summary>As <see cref="Read"/>, but the key must be there.</summary>
    public T Require<T>(string key, T missing, string expected, ValueReader<T> read)
    {
        if (!Has(key))
            Errors.Add(PathOf(key), "nothing", expected);
        return Read(key, missing, read);
    }

    /// <summary>
    /// A nested object: <paramref name="read"/> asks for its keys, and what it did not ask for is unknown. Where the key is missing, an
    /// empty object is read, so that its keys' defaults are written once and those that are required are reported one by one.
    /// </summary>
    /// <returns>What was read; the default of <typeparamref name="T"/> where the value is not an object.</returns>
    public T? Object<T>(string key, Func<JsonFields, T> read)
        where T : class
    {
        _known.Add(key);
        return ReadObject(_values.TryGetValue(key, out JsonElement value) ? value : EmptyObject, PathOf(key), read);
    }

    /// <summary>As <see cref="Object"/>, but the object may be missing or null: then nothing is read.</summary>
    public T? ObjectOrNull<T>(string key, Func<JsonFields, T> read)
        where T : class
    {
        bool there = _values.TryGetValue(key, out JsonElement value) && value.ValueKind != JsonValueKind.Null;
        if (there || _overrides?.HasBelow(PathOf(key)) == true)
            return ReadObjectKey(key, there ? value : EmptyObject, read);
        return Read<T?>(key, null, Nothing);
    }

    /// <summary>An array of 1 to <paramref name="max"/> objects; the key must be there. Objects that are no objects are reported and left
    /// out.</summary>
    public ImmutableArray<T> Objects<T>(string key, int max, string what, Func<JsonFields, T> read)
        where T : class
    {
        _known.Add(key);
        bool there = _values.TryGetValue(key, out JsonElement value);
        int count = there && value.ValueKind == JsonValueKind.Array ? value.GetArrayLength() : 0;
        if (count < 1 || count > max)
        {
            Errors.Add(
                PathOf(key),
                there ? JsonText.Show(value) : "nothing",
                string.Create(CultureInfo.InvariantCulture, $"an array of 1 to {max} {what}")
            );
            return [];
        }

        ImmutableArray<T>.Builder items = ImmutableArray.CreateBuilder<T>(count);
        for (int i = 0; i < count; i++)
        {
            if (ReadObject(value[i], string.Create(CultureInfo.InvariantCulture, $"{PathOf(key)}[{i}]"), read) is T item)
                items.Add(item);
        }

        return items.DrainToImmutable();
    }

    /// <summary>
    /// An object whose keys are names that the file chooses and whose values are objects; the key must be there. Values that are no objects
    /// are reported and left out.
    /// </summary>
    /// <param name="key">The key.</param>
    /// <param name="what">The object in words.</param>
    /// <param name="isName">Whether a name is one.</param>
    /// <param name="nameRule">That in words.</param>
    /// <param name="read">Given a name and its object.</param>
    public ImmutableArray<T> Entries<T>(
        string key,
        string what,
        Func<string, bool> isName,
        string nameRule,
        Func<string, JsonFields, T> read
    )
        where T : class
    {
        _known.Add(key);
        bool there = _values.TryGetValue(key, out JsonElement value);
        if (!there || value.ValueKind != JsonValueKind.Object)
        {
            Errors.Add(PathOf(key), there ? JsonText.Show(value) : "nothing", what);
            return [];
        }

        var names = new JsonFields(value, PathOf(key), Errors);
        ImmutableArray<T>.Builder items = ImmutableArray.CreateBuilder<T>(names._values.Count);
        foreach ((string name, JsonElement json) in names._values)
        {
            if (!isName(name))
                Errors.Add(names.PathOf(name), "a name of another form", nameRule);
            if (ReadObject(json, names.PathOf(name), fields => read(name, fields)) is T item)
                items.Add(item);
        }

        return items.DrainToImmutable();
    }

    /// <summary>Takes every key for known, where an earlier mistake leaves open which ones belong.</summary>
    public void AcceptAll() => _known.AddRange(_values.Keys);

    /// <summary>Reports every key that was never asked for.</summary>
    public void RejectUnknown()
    {
        foreach (string key in _values.Keys.Except(_known))
        {
            Errors.Add(PathOf(key), "an unknown key", $"one of {string.Join(", ", _known)}");
        }
    }

    /// <summary>Whether a key, or something that replaces its value, is there.</summary>
    public bool Has(string key) => _values.ContainsKey(key) || _overrides?.Has(PathOf(key)) == true;

    private T? ReadObjectKey<T>(string key, JsonElement json, Func<JsonFields, T> read)
        where T : class
    {
        _known.Add(key);
        return ReadObject(json, PathOf(key), read);
    }

    private T? ReadObject<T>(JsonElement json, string path, Func<JsonFields, T> read)
        where T : class
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            Errors.Add(path, JsonText.Show(json), "an object");
            return null;
        }

        var fields = new JsonFields(json, path, Errors, _overrides);
        T value = read(fields);
        fields.RejectUnknown();
        return value;
    }

    /// <summary>Takes null; anything else was read as an object before.</summary>
    private static bool Nothing<T>(JsonElement json, string path, FieldErrors errors, out T? value)
        where T : class
    {
        value = null;
        if (json.ValueKind == JsonValueKind.Null)
            return true;
        errors.Add(path, JsonText.Show(json), "an object or null");
        return false;
    }
}
