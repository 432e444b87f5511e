using System.Globalization;
using System.Text;

namespace ClipFusion.Models.Tokenizer;

/// <summary>The two Unicode properties that decide whether a capital sigma ends a word; the framework does not expose them.</summary>
internal static class LetterCase
{
    /// <summary>Unicode's Case_Ignorable: marks, modifiers, formatting characters, and the punctuation that stands inside words.</summary>
    public static bool IsIgnorable(Rune rune) =>
        Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.NonSpacingMark
            or UnicodeCategory.EnclosingMark
            or UnicodeCategory.Format
            or UnicodeCategory.ModifierLetter
            or UnicodeCategory.ModifierSymbol => true,
            _ => rune.Value
                is 0x27
                    or 0x2E
                    or 0x3A
                    or 0xB7
                    or 0x387
                    or 0x55F
                    or 0x5F4
                    or 0x2018
                    or 0x2019
                    or 0x2024
                    or 0x2027
                    or 0xFE13
                    or 0xFE52
                    or 0xFE55
                    or 0xFF07
                    or 0xFF0E
                    or 0xFF1A,
        };

    /// <summary>Unicode's Cased, for code points that are not <see cref="IsIgnorable"/>: letters with case, ordinal indicators, Roman
    /// numerals, and letters in circles and squares.</summary>
    public static bool IsCased(Rune rune) =>
        Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter => true,
            _ => rune.Value
                is 0xAA
                    or 0xBA
                    or (>= 0x2160 and <= 0x217F)
                    or (>= 0x24B6 and <= 0x24E9)
                    or (>= 0x1F130 and <= 0x1F149)
                    or (>= 0x1F150 and <= 0x1F169)
                    or (>= 0x1F170 and <= 0x1F189),
        };
}
