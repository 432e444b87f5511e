using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace ClipFusion.Foundation.Json;

/// <summary>What is wrong with a JSON text, for its author: one place, counted from 1 as editors do, and none of the advice that is meant
/// for programmers.</summary>
public static partial class JsonSyntax
{
    /// <summary>The error as one sentence without a full stop.</summary>
    /// <param name="error">What the parser or the serialiser threw.</param>
    public static string Describe(JsonException error)
    {
        ArgumentNullException.ThrowIfNull(error);
        string path = error.Path is { Length: > 1 } p ? $"{p}: " : "",
            place = Place(error) is { } at ? $" ({at})" : "";
        return $"{path}{Cause(error)}{place}";
    }

    /// <summary>Line and byte; null where the error has no place.</summary>
    /// <param name="error">What the parser threw.</param>
    public static string? Place(JsonException error)
    {
        ArgumentNullException.ThrowIfNull(error);
        return error.LineNumber is { } line
            ? string.Create(CultureInfo.InvariantCulture, $"line {line + 1}, byte {(error.BytePositionInLine ?? 0) + 1}")
            : null;
    }

    /// <summary>The error without its place.</summary>
    /// <param name="error">What the parser or the serialiser threw.</param>
    public static string Cause(JsonException error)
    {
        ArgumentNullException.ThrowIfNull(error);
        string text = PlaceOfTheParser().Replace(error.Message, "").Trim();
        if (NotMapped().Match(text) is { Success: true } unknown)
            return $"unknown key '{unknown.Groups[1].Value}'";
        if (MissingKeys().Match(text) is { Success: true } missing)
            return $"missing keys: {missing.Groups[1].Value.Trim().TrimEnd('.')}";
        if (WrongKind().IsMatch(text))
            return "a value of another kind than is expected there";
        return Advice().Replace(text, "").Trim().TrimEnd('.');
    }

    [GeneratedRegex(@"\s*(Path: .*\| )?LineNumber: \d+ \| BytePositionInLine: \d+\.?", RegexOptions.Singleline)]
    private static partial Regex PlaceOfTheParser();

    [GeneratedRegex("^The JSON property '(.*)' could not be mapped to any")]
    private static partial Regex NotMapped();

    [GeneratedRegex("^JSON deserialization for type '.*' was missing required properties,? including:(.*)$", RegexOptions.Singleline)]
    private static partial Regex MissingKeys();

    [GeneratedRegex("^(The JSON value could not be converted to|Cannot get the value of a token type|The JSON value is )")]
    private static partial Regex WrongKind();

    [GeneratedRegex(
        @"\s*(Change the reader options|Consider (using|setting|enabling|changing)[^.]*|To (support|allow|enable)[^.]*"
            + @"|Either[^.]*JsonSerializerOptions[^.]*|[^.]*JsonSerializerOptions[^.]*)\.?(?=\s|$)"
    )]
    private static partial Regex Advice();
}
