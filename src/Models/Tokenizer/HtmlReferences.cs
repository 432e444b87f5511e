using System.Globalization;
using System.Text;

namespace ClipFusion.Models.Tokenizer;

/// <summary>
/// HTML 5 character references to text, as CLIP's upstream tokeniser does it (Python's <c>html.unescape</c>): the longest known name wins,
/// the older names need no semicolon, and numeric references follow the standard's repair table. The framework's decoder knows only HTML
/// 4's names.
/// </summary>
internal static class HtmlReferences
{
    /// <summary>Code points a reference may take after its ampersand before the search for a name gives up.</summary>
    private const int LongestName = 32;

    /// <summary>What numbers 0x80 to 0x9F stand for: Windows-1252, whose five unassigned places stay control characters.</summary>
    private const string Windows1252 =
        "\u20AC\u0081\u201A\u0192\u201E\u2026\u2020\u2021\u02C6\u2030\u0160\u2039\u0152\u008D\u017D\u008F"
        + "\u0090\u2018\u2019\u201C\u201D\u2022\u2013\u2014\u02DC\u2122\u0161\u203A\u0153\u009D\u017E\u0178";

    private static readonly Lazy<Dictionary<string, string>> Names = new(LoadNames);

    /// <summary>Replaces every reference once; what the replacement itself spells is not looked at again.</summary>
    public static string Unescape(string text)
    {
        int ampersand = text.IndexOf('&', StringComparison.Ordinal);
        if (ampersand < 0)
            return text;

        var result = new StringBuilder(text.Length);
        int position = 0;
        while (ampersand >= 0)
        {
            result.Append(text, position, ampersand - position);
            position = ampersand + 1;
            position += AppendReference(result, text.AsSpan(position));
            ampersand = text.IndexOf('&', position);
        }

        return result.Append(text, position, text.Length - position).ToString();
    }

    /// <summary>Appends what the reference that starts after an ampersand stands for (the ampersand itself if it starts none); returns the
    /// characters consumed.</summary>
    private static int AppendReference(StringBuilder result, ReadOnlySpan<char> rest)
    {
        if (rest is ['#', ..])
        {
            bool hexadecimal = rest.Length > 1 && rest[1] is 'x' or 'X';
            int start = hexadecimal ? 2 : 1,
                end = start;
            long number = 0;
            for (; end < rest.Length && IsDigit(rest[end], hexadecimal); end++)
            {
                number = Math.Min((number * (hexadecimal ? 16 : 10)) + Convert.ToInt32(rest[end].ToString(), 16), int.MaxValue);
            }

            if (end > start)
            {
                AppendNumbered(result, (int)number);
                return end < rest.Length && rest[end] == ';' ? end + 1 : end;
            }
        }
        else
        {
            ReadOnlySpan<char> candidate = Candidate(rest);
            var names = Names.Value.GetAlternateLookup<ReadOnlySpan<char>>();
            for (int length = candidate.Length; length >= 2; length--)
            {
                if (!names.TryGetValue(candidate[..length], out string? value))
                    continue;
                result.Append(value).Append(candidate[length..]);
                return candidate.Length;
            }
        }

        result.Append('&');
        return 0;
    }

    private static bool IsDigit(char c, bool hexadecimal) => hexadecimal ? char.IsAsciiHexDigit(c) : char.IsAsciiDigit(c);

    /// <summary>The characters after an ampersand that may hold a name: up to 32 code points, then an optional semicolon.</summary>
    private static ReadOnlySpan<char> Candidate(ReadOnlySpan<char> rest)
    {
        int end = 0;
        for (
            int count = 0;
            count < LongestName && end < rest.Length && !"\t\n\f <&#;".Contains(rest[end], StringComparison.Ordinal);
            count++
        )
        {
            end += char.IsHighSurrogate(rest[end]) && end + 1 < rest.Length && char.IsLowSurrogate(rest[end + 1]) ? 2 : 1;
        }

        return end > 0 && end < rest.Length && rest[end] == ';' ? rest[..(end + 1)] : rest[..end];
    }

    private static void AppendNumbered(StringBuilder result, int number)
    {
        if (number is >= 0x80 and <= 0x9F)
            result.Append(Windows1252[number - 0x80]);
        else if (number == 0 || !Rune.IsValid(number))
            result.Append('\uFFFD');
        else if (!IsDropped(number))
            result.Append(new Rune(number).ToString());
    }

    /// <summary>Control characters and non-characters, which the standard calls errors and Python drops.</summary>
    private static bool IsDropped(int number) =>
        number is (>= 0x1 and <= 0x8) or 0xB or (>= 0xE and <= 0x1F) or 0x7F or (>= 0xFDD0 and <= 0xFDEF) || (number & 0xFFFE) == 0xFFFE;

    private static Dictionary<string, string> LoadNames()
    {
        using Stream resource =
            typeof(HtmlReferences).Assembly.GetManifestResourceStream("html5-entities.txt")
            ?? throw new InvalidOperationException("The resource html5-entities.txt is missing from the assembly.");
        using var reader = new StreamReader(resource);
        var names = new Dictionary<string, string>(2300, StringComparer.Ordinal);
        while (reader.ReadLine() is { } line)
        {
            string[] parts = line.Split(' ');
            names.Add(parts[0], string.Concat(parts[1..].Select(p => new Rune(int.Parse(p, NumberStyles.HexNumber)).ToString())));
        }

        return names;
    }
}
