using System.Text.Json;
using System.Text.Unicode;
using ClipFusion.Foundation.Files;

namespace ClipFusion.Foundation.Json;

/// <summary>
/// The one way to read JSON that this program did not write itself: a text of bounded size and depth that holds one object in UTF-8, with
/// or without byte order mark.
/// </summary>
public static class StrictJson
{
    /// <summary>Largest file that a person writes, in bytes.</summary>
    public const int MaxBytes = 1024 * 1024;

    /// <summary>Reads a file's bytes, at most one more than is allowed.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">There is none, it is no regular file, or it can't be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static ReadOnlyMemory<byte> ReadBytes(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return RegularFile.ReadAtMost(path, MaxBytes);
    }

    /// <summary>Parses a text; null after reporting why that is not possible. The caller disposes the document.</summary>
    /// <param name="utf8Json">The bytes.</param>
    /// <param name="what">What the object is, for the error, for example "an object with a recipe's keys".</param>
    /// <param name="errors">Receives the one error.</param>
    /// <param name="rules">What the text may be; null for a small file without comments.</param>
    public static JsonDocument? Parse(ReadOnlyMemory<byte> utf8Json, string what, FieldErrors errors, JsonRules? rules = null)
    {
        ArgumentNullException.ThrowIfNull(errors);
        if (ParseValue(utf8Json, errors, rules ?? new JsonRules(), out _) is not { } document)
            return null;
        if (document.RootElement.ValueKind == JsonValueKind.Object)
            return document;
        using (document)
            return Fail(errors, JsonText.Show(document.RootElement), what);
    }

    /// <summary>Parses a text of which the first error ends the reading, such as a published file or another program's.</summary>
    /// <returns>The document, which the caller disposes, or the error; exactly one of the two.</returns>
    /// <inheritdoc cref="Parse"/>
    public static (JsonDocument? Document, FieldError? Error) ParseOrFirst(ReadOnlyMemory<byte> utf8Json, string what, JsonRules rules)
    {
        var errors = new FieldErrors();
        JsonDocument? document = Parse(utf8Json, what, errors, rules);
        return (document, document is null ? errors.List[0] : null);
    }

    /// <summary>
    /// Parses a message from the line, up to the first error: of an object that breaks off, the members before the break are still there,
    /// since a refusal names the message that it refuses. The value may be of any kind, and keys may be there twice.
    /// </summary>
    /// <param name="utf8Json">The bytes.</param>
    /// <param name="rules">What the text may be.</param>
    /// <returns>What could be read, which the caller disposes, null for nothing; and the error, null where the text is whole.</returns>
    public static (JsonDocument? Document, FieldError? Error) ParseUpToError(ReadOnlyMemory<byte> utf8Json, JsonRules rules)
    {
        ArgumentNullException.ThrowIfNull(rules);
        var errors = new FieldErrors();
        JsonDocument? document = ParseValue(utf8Json, errors, rules, out bool breaksOff);
        return (breaksOff ? MembersBeforeError(utf8Json, rules) : document, errors.List is [var error, ..] ? error : null);
    }

    // breaksOff: the text is short enough and UTF-8, but not JSON to its end.
    private static JsonDocument? ParseValue(ReadOnlyMemory<byte> utf8Json, FieldErrors errors, JsonRules rules, out bool breaksOff)
    {
        breaksOff = false;
        if (utf8Json.Length > rules.MaxBytes)
            return Fail(errors, $"more than {rules.MaxBytes} bytes", "a smaller file");
        utf8Json = WithoutMark(utf8Json);
        if (!Utf8.IsValid(utf8Json.Span))
            return Fail(errors, "bytes that are not UTF-8", "JSON in UTF-8");
        try
        {
            var options = new JsonDocumentOptions
            {
                CommentHandling = CommentsOf(rules),
                AllowTrailingCommas = false,
                AllowDuplicateProperties = !rules.UniqueKeys,
                MaxDepth = rules.MaxDepth,
            };
            return JsonDocument.Parse(utf8Json, options);
        }
        catch (JsonException e)
        {
            breaksOff = true;
            string place = JsonSyntax.Place(e) is { } at ? $" at {at}" : "";
            return Fail(errors, $"text that is not valid JSON{place}", $"strict JSON ({JsonSyntax.Cause(e)})");
        }
        catch (InvalidOperationException)
        {
            // Comparing keys reads them.
            return Fail(errors, "text that is not valid JSON: a key that is not valid Unicode", "keys that are valid Unicode");
        }
    }

    /// <summary>The members of an object that end before its first error; null where the text does not begin as an object.</summary>
    private static JsonDocument? MembersBeforeError(ReadOnlyMemory<byte> utf8Json, JsonRules rules)
    {
        utf8Json = WithoutMark(utf8Json);
        JsonCommentHandling comments = CommentsOf(rules);
        int end = 0;
        try
        {
            var reader = new Utf8JsonReader(utf8Json.Span, new JsonReaderOptions { CommentHandling = comments, MaxDepth = rules.MaxDepth });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return null;
            end = (int)reader.BytesConsumed;
            while (reader.Read())
            {
                bool endsMember =
                    reader.CurrentDepth == 1
                    && reader.TokenType is not (JsonTokenType.PropertyName or JsonTokenType.StartObject or JsonTokenType.StartArray);
                if (endsMember)
                    end = (int)reader.BytesConsumed;
            }
        }
        catch (JsonException)
        {
            if (end == 0)
                return null;
        }

        byte[] closed = [.. utf8Json.Span[..end], (byte)'}'];
        return JsonDocument.Parse(closed, new JsonDocumentOptions { CommentHandling = comments, MaxDepth = rules.MaxDepth });
    }

    private static ReadOnlyMemory<byte> WithoutMark(ReadOnlyMemory<byte> utf8Json) =>
        utf8Json.Span.StartsWith<byte>([0xEF, 0xBB, 0xBF]) ? utf8Json[3..] : utf8Json;

    private static JsonCommentHandling CommentsOf(JsonRules rules) =>
        rules.Comments ? JsonCommentHandling.Skip : JsonCommentHandling.Disallow;

    private static JsonDocument? Fail(FieldErrors errors, string found, string expected)
    {
        errors.Add("$", found, expected);
        return null;
    }
}
