using System.Globalization;
using System.Text;

namespace ClipFusion.Models.Tokenizer;

/// <summary>
/// CLIP's word pattern, ignoring case, first alternative that fits wins:
/// <c>&lt;start_of_text&gt;|&lt;end_of_text&gt;|'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+</c>.
/// Written out, because the framework's patterns see UTF-16 units and would take letters beyond the basic plane for symbols.
/// </summary>
internal static class WordSplitter
{
    /// <summary>How a text spells the start token.</summary>
    public const string StartLiteral = "<start_of_text>";

    /// <summary>How a text spells the end token.</summary>
    public const string EndLiteral = "<end_of_text>";

    private static readonly string[] Literals = [StartLiteral, EndLiteral, "'s", "'t", "'re", "'ve", "'m", "'ll", "'d"];

    private enum Kind
    {
        Outside,
        Letter,
        Number,
        Symbol,
    }

    /// <summary>The words of a lower-case text in order; white space belongs to none.</summary>
    public static IEnumerable<Range> Split(string text)
    {
        for (int start = 0; start < text.Length; )
        {
            int length = LiteralAt(text, start);
            if (length == 0)
            {
                Kind kind = KindAt(text, start, out length);
                if (kind is Kind.Letter or Kind.Symbol)
                    length = RunLength(text, start, kind);
                if (kind == Kind.Outside)
                {
                    start += length;
                    continue;
                }
            }

            yield return start..(start + length);
            start += length;
        }
    }

    private static int LiteralAt(string text, int start)
    {
        if (text[start] is not ('<' or '\''))
            return 0;
        foreach (string literal in Literals)
        {
            if (StartsWith(text.AsSpan(start), literal))
                return literal.Length;
        }

        return 0;
    }

    /// <summary>Ignoring case in lower-case text means one thing: the long s (U+017F), whose case folding is s.</summary>
    private static bool StartsWith(ReadOnlySpan<char> text, string literal)
    {
        if (text.Length < literal.Length)
            return false;
        for (int i = 0; i < literal.Length; i++)
        {
            char c = text[i] == '\u017F' ? 's' : text[i];
            if (c != literal[i])
                return false;
        }

        return true;
    }

    private static int RunLength(string text, int start, Kind kind)
    {
        int end = start;
        while (end < text.Length && KindAt(text, end, out int length) == kind)
            end += length;
        return end - start;
    }

    private static Kind KindAt(string text, int index, out int length)
    {
        Rune.DecodeFromUtf16(text.AsSpan(index), out Rune rune, out length);
        // Ignoring case, the iota subscript U+0345 is both: a mark, so no letter, and a form of the letter iota, so no symbol. The pattern
        // matches it nowhere.
        if (Rune.IsWhiteSpace(rune) || rune.Value == 0x345)
            return Kind.Outside;
        return Rune.GetUnicodeCategory(rune) switch
        {
            <= UnicodeCategory.OtherLetter => Kind.Letter,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => Kind.Number,
            _ => Kind.Symbol,
        };
    }
}
