using System.Text.Json;
using ClipFusion.Foundation.Files;
using ClipFusion.Foundation.Json;

namespace ClipFusion.Models.Checkpoints;

/// <summary>
/// Reads a published configuration key by key, with upstream's defaults, and collects what is wrong or unsupported, so that
/// <see cref="ThrowIfWrong"/> can tell all of it. After a problem a value is only a stand-in. Keys that nobody asks for are ignored:
/// published files have many that do not matter here.
/// </summary>
internal sealed class PublishedConfig
{
    private const int MaxFileBytes = 4 << 20;
    private static readonly JsonRules Rules = new()
    {
        MaxBytes = MaxFileBytes,
        MaxDepth = 64,
        UniqueKeys = true,
    };

    private const int MaxInteger = 1 << 24;

    private readonly JsonElement _root;
    private readonly string _file;
    private readonly string _prefix;
    private readonly List<string> _problems;

    private PublishedConfig(JsonElement root, string file, string prefix, List<string> problems)
    {
        _root = root;
        _file = file;
        _prefix = prefix;
        _problems = problems;
    }

    /// <summary>Parses a file of one JSON object.</summary>
    /// <exception cref="FolderException">Unreadable, too large, or not a JSON object.</exception>
    public static PublishedConfig Open(string file)
    {
        try
        {
            long length = new FileInfo(file).Length;
            if (length > MaxFileBytes)
                throw new FolderException($"{file}: the file has {length} bytes, expected at most {MaxFileBytes}.");
            byte[] json = RegularFile.ReadAllBytes(file, MaxFileBytes);
            if (LfsPointer.Is(json, json.Length))
                throw new FolderException($"{file}: {LfsPointer.Message}.");
            (JsonDocument? document, FieldError? error) = StrictJson.ParseOrFirst(json, "a JSON object", Rules);
            using (document)
                return document is null
                    ? throw new FolderException($"{file}: {error}.")
                    : new PublishedConfig(document.RootElement.Clone(), file, "", []);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FolderException($"{file}: cannot be read as JSON: {e.Message}", e);
        }
    }

    /// <summary>Ends the reading.</summary>
    /// <exception cref="FolderException">Something was wrong or unsupported; one line for each key.</exception>
    public void ThrowIfWrong()
    {
        if (_problems.Count > 0)
            throw new FolderException(string.Join(Environment.NewLine, _problems));
    }

    /// <summary>Records a problem with a key.</summary>
    public void Problem(string key, string supported)
    {
        string found = Find(key) is { } value ? value.GetRawText() : "nothing";
        if (found.Length > 200)
            found = found[..200] + "...";
        _problems.Add($"{_file}: {_prefix}{key}: found {found}, supported: {supported}.");
    }

    /// <summary>Records a problem with a key unless a condition holds.</summary>
    public void Check(bool condition, string key, string supported)
    {
        if (!condition)
            Problem(key, supported);
    }

    /// <summary>Whether the key stands in the file, with null counting as absent.</summary>
    public bool Has(string key) => Find(key) is { ValueKind: not JsonValueKind.Null };

    /// <summary>The object under a key; an absent or null one is a problem if it is required, else an empty object.</summary>
    public PublishedConfig Section(string key, bool required)
    {
        JsonElement section = Find(key) ?? default;
        if (section.ValueKind != JsonValueKind.Object)
        {
            Check(!required && !Has(key), key, "an object");
            section = default;
        }

        return new PublishedConfig(section, _file, $"{_prefix}{key}.", _problems);
    }

    /// <summary>An integer of at least <paramref name="least"/>; required if there is no fallback.</summary>
    public int Integer(string key, int? fallback = null, int least = 1, string what = "an integer")
    {
        if (Find(key) is not { } value)
            return fallback ?? Fail(key, what, least);
        return TryInteger(value, least, out int number) ? number : Fail(key, $"{what} of at least {least}", least);
    }

    /// <summary>The side of a square, given as one integer or as two equal ones.</summary>
    public int Side(string key, int? fallback = null)
    {
        if (Find(key) is not { ValueKind: JsonValueKind.Array } list)
            return Integer(key, fallback);
        int[] sides = [.. list.EnumerateArray().Select(e => TryInteger(e, 1, out int side) ? side : 0)];
        return sides is [> 0, _] && sides[0] == sides[1] ? sides[0] : Fail(key, "one integer, or two equal ones for a square", 1);
    }

    /// <summary>A list of positive integers.</summary>
    public int[] Integers(string key, int[] fallback)
    {
        if (Find(key) is not { } list)
            return fallback;
        if (
            list.ValueKind == JsonValueKind.Array
            && list.GetArrayLength() is > 0 and <= 16
            && list.EnumerateArray().All(e => TryInteger(e, 1, out _))
        )
            return [.. list.EnumerateArray().Select(e => e.GetInt32())];
        return Fail(key, "a list of 1 to 16 positive integers", fallback);
    }

    /// <summary>One positive integer for all blocks, or a list with one for each.</summary>
    public int[] PerBlock(string key, int blocks, int fallback)
    {
        if (Find(key) is not { ValueKind: JsonValueKind.Array })
            return [.. Enumerable.Repeat(Integer(key, fallback), blocks)];
        int[] values = Integers(key, [.. Enumerable.Repeat(fallback, blocks)]);
        return values.Length == blocks
            ? values
            : Fail<int[]>(key, $"an integer or a list of {blocks}", [.. Enumerable.Repeat(fallback, blocks)]);
    }

    /// <summary>A finite number above 0.</summary>
    public double Positive(string key, double fallback)
    {
        if (Find(key) is not { } value)
            return fallback;
        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && number > 0 && double.IsFinite(number)
            ? number
            : Fail(key, "a number above 0", fallback);
    }

    /// <summary>True or false.</summary>
    public bool Flag(string key, bool fallback) =>
        Find(key) is not { } value
            ? fallback
            : value.ValueKind switch
            {
                JsonValueKind.True => true,
                JsonValueKind.False => false,
                _ => Fail(key, "true or false", fallback),
            };

    /// <summary>Exactly three finite numbers.</summary>
    public float[] Triple(string key, float[] fallback)
    {
        if (!Has(key))
            return fallback;
        JsonElement list = Find(key)!.Value;
        float[] values =
            list.ValueKind == JsonValueKind.Array && list.GetArrayLength() == 3
                ? [.. list.EnumerateArray().Select(e => e.ValueKind == JsonValueKind.Number && e.TryGetSingle(out float v) ? v : float.NaN)]
                : [];
        return values.Length == 3 && values.All(float.IsFinite) ? values : Fail(key, "three numbers", fallback);
    }

    /// <summary>A list of words, each one among those supported.</summary>
    public string[] Words(string key, string[] fallback, params string[] supported)
    {
        if (Find(key) is not { } list)
            return fallback;
        if (list.ValueKind == JsonValueKind.Array && list.EnumerateArray().All(e => supported.Contains(Text(e))))
            return [.. list.EnumerateArray().Select(e => e.GetString()!)];
        return Fail(key, $"a list of {string.Join(", ", supported)}", fallback);
    }

    /// <summary>A word among those supported; absent (but not null) means the fallback.</summary>
    public string Word(string key, string fallback, params string[] supported)
    {
        if (Find(key) is not { } value)
            return fallback;
        return supported.Contains(Text(value)) ? value.GetString()! : Fail(key, string.Join(" or ", supported), fallback);
    }

    /// <summary>Refuses anything but this number, alone or as a list of it; absent and null are fine.</summary>
    public void OnlyNumber(string key, double number)
    {
        if (!Has(key))
            return;
        JsonElement value = Find(key)!.Value;
        bool fine = value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().All(Equal) : Equal(value);
        Check(fine, key, $"{number}");

        bool Equal(JsonElement e) => e.ValueKind == JsonValueKind.Number && e.TryGetDouble(out double v) && v == number;
    }

    /// <summary>Refuses keys that switch something on: only absent, null, false, an empty text, list or object, or a list of false are
    /// fine.</summary>
    public void OnlyOff(params string[] keys)
    {
        foreach (string key in keys)
            Check(Find(key) is not { } value || IsOff(value), key, "absent, null or false");
    }

    private static bool IsOff(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.Null or JsonValueKind.False => true,
            JsonValueKind.String => Text(value) is { Length: 0 },
            JsonValueKind.Object => !value.EnumerateObject().Any(),
            JsonValueKind.Array => value.EnumerateArray().All(IsOff),
            _ => false,
        };

    /// <summary>A string's value, or null: for other kinds, and for escapes that are no valid text.</summary>
    private static string? Text(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static bool TryInteger(JsonElement value, int least, out int number)
    {
        number = 0;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out number) && number >= least && number <= MaxInteger;
    }

    private JsonElement? Find(string key) =>
        _root.ValueKind == JsonValueKind.Object && _root.TryGetProperty(key, out JsonElement value) ? value : null;

    private T Fail<T>(string key, string supported, T standIn)
    {
        Problem(key, supported);
        return standIn;
    }
}
