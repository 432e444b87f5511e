using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;
using ClipFusion.Foundation;

namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>The members of one flat JSON object, read under suspicion. The first error is kept; what was read before it stays
/// readable.</summary>
/// <remarks>
/// Token by token and not with <c>StrictJson</c>: of a payload that breaks off, the id before the break has to be known, for the refusal
/// names it.
/// </remarks>
internal sealed class MessageFields
{
    private const int LongestRecipeName = 64;

    /// <summary>Of a text that was not expected, this much is shown.</summary>
    private const int ShownLength = 40;
    private readonly Dictionary<string, object?> _values = new(StringComparer.Ordinal);

    /// <summary>What is wrong; null when nothing is.</summary>
    public string? Error { get; private set; }

    /// <summary>Reads an object of strings, whole numbers and nulls.</summary>
    /// <param name="payload">Any bytes.</param>
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
        byte[] bytes = CommandBytes.Of(payload);
        if (CommandBytes.Fault(bytes) is { } fault)
        {
            fields.Fail($"{fault}; expected a JSON object in UTF-8");
            return fields;
        }
        if (!Utf8.IsValid(bytes))
        {
            fields.Fail("the payload is not valid UTF-8; expected a JSON object");
            return fields;
        }
        if (bytes.AsSpan().StartsWith("\uFEFF"u8))
        {
            fields.Fail("the payload begins with a byte-order mark (EF BB BF); expected a JSON object without one");
            return fields;
        }
        if (bytes is [.., 0])
        {
            fields.Fail("the payload ends with a zero byte, as texts of C do; expected a JSON object without one");
            return fields;
        }
        try
        {
            fields.ReadObject(bytes, keys);
            if (fields._values.TryGetValue("schema", out object? given) && given as string != schema)
                fields.Fail($"\"schema\" is not \"{schema}\"");
        }
        catch (JsonException e)
        {
            fields.Fail(
                $"not JSON at byte {(e.BytePositionInLine ?? 0) + 1} of line {(e.LineNumber ?? 0) + 1}; expected one object with "
                    + $"{List(keys)}"
            );
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair, written as an escape: valid JSON that is no text.
            fields.Fail("a text holds half of a surrogate pair; expected valid Unicode");
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

    private void ReadObject(byte[] bytes, ReadOnlySpan<string> keys)
    {
        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = 8 });
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            Fail($"the payload is {Name(reader.TokenType)}; expected one JSON object with {List(keys)}");
            return;
        }
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            if (key != "schema" && !keys.Contains(key))
                Fail($"unknown key {Show(key)}; expected {List(keys)}");
            reader.Read();
            object? value = reader.TokenType switch
            {
                JsonTokenType.String => reader.GetString(),
                JsonTokenType.Number when reader.TryGetInt64(out long number) => number,
                JsonTokenType.Null => null,
                var other => other,
            };
            if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
                reader.Skip();
            if (!_values.TryAdd(key, value))
                Fail($"the key {Show(key)} is there twice; expected once");
        }
        // Whatever follows the object is an error that the reader itself finds.
        reader.Read();
    }

    private bool TryGet(string key, bool required, out object? value)
    {
        if (_values.TryGetValue(key, out value) && value is not null)
            return true;
        if (required)
            Fail($"\"{key}\" is missing");
        return false;
    }

    private void Fail(string error) => Error ??= error;

    private static string List(ReadOnlySpan<string> keys) => string.Join(", ", keys.ToArray());

    /// <summary>The beginning of a text from outside, fit for logs and the wire: all but printable ASCII becomes a question mark.</summary>
    private static string Printable(string text) =>
        string.Concat(text.Take(ShownLength).Select(c => c is >= ' ' and <= '~' and not '"' ? c : '?'));

    private static string Show(object? value) =>
        value switch
        {
            string text => $"\"{Printable(text)}\"{(text.Length > ShownLength ? "..." : "")}",
            JsonTokenType.Number => "a number that is not whole or too large",
            JsonTokenType token => Name(token),
            null => "null",
            _ => value.ToString()!,
        };

    private static string Name(JsonTokenType token) =>
        token switch
        {
            JsonTokenType.StartObject => "an object",
            JsonTokenType.StartArray => "a list",
            JsonTokenType.String => "a text",
            JsonTokenType.Number => "a number",
            JsonTokenType.True or JsonTokenType.False => "true or false",
            _ => "null",
        };
}
