using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace ClipFusion.Foundation.Json;

/// <summary>The kinds of values that hand-written files have, each with its bounds and its error.</summary>
public static class JsonValues
{
    /// <summary>Longest text in characters.</summary>
    public const int MaxCharacters = 512;

    /// <summary>A text of 1 to <see cref="MaxCharacters"/> characters, not only spaces.</summary>
    public static bool Text(JsonElement json, string path, FieldErrors errors, out string value)
    {
        value = "";
        bool good =
            json.ValueKind == JsonValueKind.String
            && JsonText.TryString(json, out value)
            && !string.IsNullOrWhiteSpace(value)
            && value.Length <= MaxCharacters;
        return good || Fail(json, path, errors, $"a text of 1 to {MaxCharacters} characters, not only spaces");
    }

    /// <summary>A text that a rule accepts.</summary>
    /// <param name="accepts">The rule; sees texts of at most <see cref="MaxCharacters"/> characters.</param>
    /// <param name="expected">The rule in words.</param>
    public static ValueReader<string> TextWhere(Func<string, bool> accepts, string expected) =>
        (JsonElement json, string path, FieldErrors errors, out string value) =>
        {
            value = "";
            bool good =
                json.ValueKind == JsonValueKind.String
                && JsonText.TryString(json, out value)
                && value.Length <= MaxCharacters
                && accepts(value);
            return good || Fail(json, path, errors, expected);
        };

    /// <summary>A number within bounds, both included.</summary>
    public static ValueReader<double> Number(double from, double to) =>
        (JsonElement json, string path, FieldErrors errors, out double value) =>
        {
            value = 0;
            bool good = json.ValueKind == JsonValueKind.Number && json.TryGetDouble(out value) && value >= from && value <= to;
            return good || Fail(json, path, errors, Invariant($"a number from {from} to {to}"));
        };

    /// <summary>A whole number within bounds, both included.</summary>
    public static ValueReader<int> Integer(int from, int to) =>
        (JsonElement json, string path, FieldErrors errors, out int value) =>
        {
            value = 0;
            bool good = json.ValueKind == JsonValueKind.Number && json.TryGetInt32(out value) && value >= from && value <= to;
            return good || Fail(json, path, errors, Invariant($"a whole number from {from} to {to}"));
        };

    /// <summary>true or false.</summary>
    public static bool Flag(JsonElement json, string path, FieldErrors errors, out bool value)
    {
        value = json.ValueKind == JsonValueKind.True;
        return json.ValueKind is JsonValueKind.True or JsonValueKind.False || Fail(json, path, errors, "true or false");
    }

    /// <summary>Lets null through where it means something of its own.</summary>
    public static ValueReader<T?> OrNull<T>(ValueReader<T> read)
        where T : struct =>
        (JsonElement json, string path, FieldErrors errors, out T? value) =>
        {
            value = null;
            if (json.ValueKind == JsonValueKind.Null)
                return true;
            if (!read(json, path, errors, out T inner))
                return false;
            value = inner;
            return true;
        };

    /// <summary>As <see cref="OrNull"/>, for texts.</summary>
    public static ValueReader<string?> TextOrNull(ValueReader<string> read) =>
        (JsonElement json, string path, FieldErrors errors, out string? value) =>
        {
            value = null;
            return json.ValueKind == JsonValueKind.Null || read(json, path, errors, out value);
        };

    /// <summary>One of some words.</summary>
    public static ValueReader<T> Choice<T>(IReadOnlyList<(string Name, T Value)> names) =>
        (JsonElement json, string path, FieldErrors errors, out T value) =>
        {
            value = default!;
            if (json.ValueKind == JsonValueKind.String && JsonText.TryString(json, out string text))
            {
                foreach ((string name, T choice) in names)
                {
                    if (name != text)
                        continue;
                    value = choice;
                    return true;
                }
            }

            return Fail(json, path, errors, $"one of {string.Join(", ", names.Select(n => $"\"{n.Name}\""))}");
        };

    /// <summary>An array of items that differ; every wrong item is reported.</summary>
    /// <param name="read">Reads an item.</param>
    /// <param name="max">Most items.</param>
    /// <param name="what">The items in words.</param>
    /// <param name="distinctBy">When two are the same; null for equality.</param>
    /// <param name="min">Fewest items.</param>
    public static ValueReader<ImmutableArray<T>> List<T>(
        ValueReader<T> read,
        int max,
        string what,
        IEqualityComparer<T>? distinctBy = null,
        int min = 1
    ) =>
        (JsonElement json, string path, FieldErrors errors, out ImmutableArray<T> value) =>
        {
            value = [];
            int count = json.ValueKind == JsonValueKind.Array ? json.GetArrayLength() : -1;
            if (count < min || count > max)
                return Fail(json, path, errors, Invariant($"an array of {min} to {max} {what}"));

            bool good = true;
            var seen = new HashSet<T>(distinctBy);
            ImmutableArray<T>.Builder items = ImmutableArray.CreateBuilder<T>(count);
            foreach (JsonElement element in json.EnumerateArray())
            {
                string itemPath = Invariant($"{path}[{items.Count}]");
                bool itemGood = read(element, itemPath, errors, out T item);
                if (itemGood && !seen.Add(item))
                    itemGood = Fail(element, itemPath, errors, $"{what} that differ; this one is there before");
                good &= itemGood;
                items.Add(item);
            }

            value = items.MoveToImmutable();
            return good;
        };

    /// <summary>Whether a path stays in the folder of the file that names it: relative, with /, without .. and control
    /// characters.</summary>
    public static bool IsInside(string path) =>
        path?.Length is > 0 and <= MaxCharacters
        && !path.Contains('\\', StringComparison.Ordinal)
        && !path.Any(char.IsControl)
        && path.Split('/').All(part => part.Length > 0 && part is not ("." or ".."));

    /// <summary>Reports a wrong value; always false.</summary>
    public static bool Fail(JsonElement json, string path, FieldErrors errors, string expected)
    {
        ArgumentNullException.ThrowIfNull(errors);
        errors.Add(path, JsonText.Show(json), expected);
        return false;
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
