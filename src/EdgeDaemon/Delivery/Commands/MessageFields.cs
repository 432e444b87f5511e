using System.Buffers;
using System.Text.Json;
using ClipFusion.Foundation;
using ClipFusion.Foundation.Json;

namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>The members of one flat JSON object from the line. The first error is kept; what was read beside it stays readable, for a
/// refusal names the id of what it refuses.</summary>
/// <remarks>Its words are its own and not those of <see cref="JsonFields"/>: they go to controllers, which show printable ASCII.</remarks>
internal sealed class MessageFields
{
    private const int LongestRecipeName = 64;

    /// <summary>Of a text that was not expected, this much is shown.</summary>
    private const int ShownLength = 40;

    private static readonly JsonRules Rules = new() { MaxBytes = CommandParser.MaximumPayload, MaxDepth = 8 };

    private readonly Dictionary<string, object?> _values = new(StringComparer.Ordinal);

    /// <summary>What is wrong; null when nothing is.</summary>
    public string? Error { get; private set; }

    /// <summary>Reads an object of strings, whole numbers and nulls.</summary>
    /// <param name="payload">Any bytes; not kept.</param>
    /// <param name="schema">What a key <c>schema</c>, which may be left out, has to say.</param>
    /// <param name="keys">The keys that may be there.</param>
    public static MessageFields Read(ReadOnlySequence<byte> payload, string schema, params ReadOnlySpan<string> keys)
    {
        var fields = new MessageFields();
        if (payload.Length > CommandParser.MaximumPayload)
        {
            fields.Fail($"the payload has {payload.Length} bytes; expected at most {CommandParser.MaximumPayload}");
            return fields;
        }
        ReadOnlyMemory<byte> bytes = CommandBytes.Of(payload);
        if (CommandBytes.Fault(bytes.Span) is { } fault)
        {
            fields.Fail($"{fault}; expected a JSON object in UTF-8");
            return fields;
        }
        (JsonDocument? document, FieldError? error) = StrictJson.ParseUpToError(bytes, Rules);
        using (document)
        {
            if (error is not null)
                fields.Fail($"not JSON: {error.Found}; expected one object with {List(keys)}");
            if (document is not null)
                fields.Take(document.RootElement, schema, keys);
        }
        return fields;
    }

    /// <summary>An id: 1-36 of <c>[A-Za-z0-9._-]</c>; null when it is not there or not valid.</summary>
    public string? Id(string key, bool required = false)
    {
        if (!TryGet(key, required, out object? value))
            return null;
        if (value is string text && Names.IsCallersId(text))
            return text;
        Fail($"\"{key}\" is {Show(value)}; expected 1 to 36 of A-Z, a-z, 0-9, dot, underscore and hyphen");
        return null;
    }

    /// <summary>A recipe's number, 0-999, or its name; null when it is not there or not valid.</summary>
    public string? Recipe(string key, bool required = false)
    {
        if (!TryGet(key, required, out object? value))
            return null;
        if (value is long and >= 0 and <= 999)
            return value.ToString();
        if (value is string digits && Names.TryNumber(digits, out int number))
            return number.ToString();
        if (value is string { Length: >= 1 and <= LongestRecipeName } text && !text.Any(char.IsControl) && !text.All(char.IsAsciiDigit))
            return text;
        Fail(
            $"\"{key}\" is {Show(value)}; expected a number from 0 to 999, as a text of one to three digits too, or a name of 1 to "
                + $"{LongestRecipeName} characters"
        );
        return null;
    }

    /// <summary>A whole number in a range; null when it is not there or not valid.</summary>
    public int? Integer(string key, int minimum, int maximum)
    {
        if (!TryGet(key, false, out object? value))
            return null;
        if (value is long number && number >= minimum && number <= maximum)
            return (int)number;
        Fail($"\"{key}\" is {Show(value)}; expected a whole number from {minimum} to {maximum}");
        return null;
    }

    /// <summary>One of several words; null when it is not there or not one of them.</summary>
    public T? Choice<T>(string key, IReadOnlyList<(string Name, T Value)> words, bool required = false)
        where T : struct
    {
        if (!TryGet(key, required, out object? value))
            return null;
        foreach ((string name, T meant) in words)
        {
            if (value as string == name)
                return meant;
        }

        Fail($"\"{key}\" is {Show(value)}; expected one of {string.Join(", ", words.Select(w => w.Name))}");
        return null;
    }

    private void Take(JsonElement root, string schema, ReadOnlySpan<string> keys)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            Fail($"the payload is {Name(root.ValueKind)}; expected one JSON object with {List(keys)}");
            return;
        }
        foreach (JsonProperty member in root.EnumerateObject())
        {
            string? text = null;
            bool isText =
                JsonText.TryName(member, out string key)
                && (member.Value.ValueKind != JsonValueKind.String || JsonText.TryString(member.Value, out text));
            if (!isText)
            {
                // Written as an escape: valid JSON that is no text.
                Fail("a text holds half of a surrogate pair; expected valid Unicode");
                return;
            }
            if (key != "schema" && !keys.Contains(key))
                Fail($"unknown key {Show(key)}; expected {List(keys)}");
            object? value = member.Value.ValueKind switch
            {
                JsonValueKind.String => text,
                JsonValueKind.Number when member.Value.TryGetInt64(out long number) => number,
                JsonValueKind.Null => null,
                var other => other,
            };
            if (!_values.TryAdd(key, value))
                Fail($"the key {Show(key)} is there twice; expected once");
        }
        if (_values.TryGetValue("schema", out object? given) && given as string != schema)
            Fail($"\"schema\" is not \"{schema}\"");
    }

    private bool TryGet(string key, bool required, out object? value)
    {
        if (_values.TryGetValue(key, out value) && value is not null)
            return true;
        if (required)
            Fail($"\"{key}\" is missing");
        return false;
    }

    /// <summary>Notes what is wrong beyond single members; the first error stays.</summary>
    public void Fail(string error) => Error ??= error;

    private static string List(ReadOnlySpan<string> keys) => string.Join(", ", keys.ToArray());

    /// <summary>The beginning of a text from outside, fit for logs and the wire: all but printable ASCII becomes a question mark.</summary>
    private static string Printable(string text) =>
        string.Concat(text.Take(ShownLength).Select(c => c is >= ' ' and <= '~' and not '"' ? c : '?'));

    private static string Show(object? value) =>
        value switch
        {
            string text => $"\"{Printable(text)}\"{(text.Length > ShownLength ? "..." : "")}",
            JsonValueKind.Number => "a number that is not whole or too large",
            JsonValueKind kind => Name(kind),
            null => "null",
            _ => value.ToString()!,
        };

    private static string Name(JsonValueKind kind) =>
        kind switch
        {
            JsonValueKind.Object => "an object",
            JsonValueKind.Array => "a list",
            JsonValueKind.String => "a text",
            JsonValueKind.Number => "a number",
            JsonValueKind.True or JsonValueKind.False => "true or false",
            _ => "null",
        };
}
