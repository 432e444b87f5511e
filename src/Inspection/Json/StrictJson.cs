using System.Text.Json;
using System.Text.Unicode;
using ClipFusion.Foundation.Files;
using ClipFusion.Models;

namespace ClipFusion.Inspection.Json;

/// <summary>Files of bounded size that hold one JSON object in UTF-8, with or without byte order mark.</summary>
public static class StrictJson
{
    /// <summary>Largest file in bytes.</summary>
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

    /// <summary>Parses a file; null after reporting why that is not possible. The caller disposes the document.</summary>
    /// <param name="utf8Json">The file's bytes.</param>
    /// <param name="what">What the object is, for the error, for example "an object with a recipe's keys".</param>
    /// <param name="errors">Receives the one error.</param>
    /// <param name="comments">Whether // and /* */ are skipped; else they are errors.</param>
    public static JsonDocument? Parse(ReadOnlyMemory<byte> utf8Json, string what, FieldErrors errors, bool comments = false)
    {
        ArgumentNullException.ThrowIfNull(errors);
        if (utf8Json.Length > MaxBytes) return Fail(errors, $"more than {MaxBytes} bytes", "a smaller file");
        if (utf8Json.Span.StartsWith<byte>([0xEF, 0xBB, 0xBF])) utf8Json = utf8Json[3..];
        if (!Utf8.IsValid(utf8Json.Span)) return Fail(errors, "bytes that are not UTF-8", "JSON in UTF-8");
        try
        {
            var options = new JsonDocumentOptions { CommentHandling = comments ? JsonCommentHandling.Skip : JsonCommentHandling.Disallow, AllowTrailingCommas = false, MaxDepth = 16 };
            JsonDocument document = JsonDocument.Parse(utf8Json, options);
            if (document.RootElement.ValueKind == JsonValueKind.Object) return document;
            using (document) return Fail(errors, JsonText.Show(document.RootElement), what);
        }
        catch (JsonException e)
        {
            return Fail(errors, $"no valid JSON at {JsonSyntax.Place(e)} of it", $"strict JSON ({JsonSyntax.Cause(e)})");
        }
    }

    private static JsonDocument? Fail(FieldErrors errors, string found, string expected)
    {
        errors.Add("$", found, expected);
        return null;
    }
}
