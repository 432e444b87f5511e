using System.Text;

namespace ClipFusion.Models.Tokenizer;

/// <summary>
/// What CLIP does to a text before it looks for words: HTML references undone twice, white space collapsed, ends stripped, lower case. No
/// Unicode normalisation. The rules are Python's and do not depend on the culture or on ICU.
/// </summary>
internal static class TextCleaner
{
    /// <summary>The cleaned text, well-formed UTF-16: a lone surrogate becomes U+FFFD.</summary>
    public static string Clean(string text) => Lower(Collapse(Strip(HtmlReferences.Unescape(HtmlReferences.Unescape(text)))));

    /// <summary>Without white space at either end, Python's <c>str.strip</c>: it takes the four ASCII separators U+001C to U+001F for white
    /// space, which patterns do not.</summary>
    internal static string Strip(string text)
    {
        int start = 0,
            end = text.Length;
        while (start < end && IsStripped(text[start]))
            start++;
        while (end > start && IsStripped(text[end - 1]))
            end--;
        return text[start..end];
    }

    /// <summary>Every run of white space (Unicode's White_Space) as one space.</summary>
    internal static string Collapse(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (char c in text)
        {
            if (!char.IsWhiteSpace(c))
                result.Append(c);
            else if (result.Length == 0 || result[^1] != ' ')
                result.Append(' ');
        }

        return Strip(result.ToString());
    }

    /// <summary>Lower case as Python's <c>str.lower</c>: Unicode's simple mapping but for two letters, capital I with a dot and a capital
    /// sigma that ends a word.</summary>
    internal static string Lower(string text)
    {
        var result = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length; )
        {
            int length = RuneAt(text, i, out Rune rune);
            switch (rune.Value)
            {
                case 0x130:
                    result.Append("i\u0307");
                    break;
                case 0x3A3:
                    result.Append(EndsWord(text, i) ? '\u03C2' : '\u03C3');
                    break;
                default:
                    result.Append(Rune.ToLowerInvariant(rune).ToString());
                    break;
            }

            i += length;
        }

        return result.ToString();
    }

    private static bool IsStripped(char c) => char.IsWhiteSpace(c) || c is >= '\u001C' and <= '\u001F';

    /// <summary>Whether the sigma at <paramref name="index"/> has a cased letter before it and none after it, looking past what has no case
    /// (Unicode's Final_Sigma).</summary>
    private static bool EndsWord(string text, int index)
    {
        int before = index - 1;
        while (before >= 0)
        {
            if (before > 0 && char.IsSurrogatePair(text[before - 1], text[before]))
                before--;
            RuneAt(text, before, out Rune rune);
            if (!LetterCase.IsIgnorable(rune))
            {
                if (!LetterCase.IsCased(rune))
                    return false;
                break;
            }

            before--;
        }

        if (before < 0)
            return false;
        for (int after = index + 1; after < text.Length; )
        {
            after += RuneAt(text, after, out Rune rune);
            if (!LetterCase.IsIgnorable(rune))
                return !LetterCase.IsCased(rune);
        }

        return true;
    }

    /// <summary>The code point at a position (U+FFFD for a lone surrogate) and the number of UTF-16 units it takes.</summary>
    private static int RuneAt(string text, int index, out Rune rune)
    {
        Rune.DecodeFromUtf16(text.AsSpan(index), out rune, out int length);
        return length;
    }
}
