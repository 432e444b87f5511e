using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace ClipFusion.EdgeDaemon.Domain;

/// <summary>
/// Codes as they stand on the wire: <c>SCREAMING_SNAKE</c> for refusals and failures (200 and above), <c>snake_case</c> for reasons. A code
/// whose name ends in Then has the text without it: the reason <c>storage</c> and the refusal <c>STORAGE</c> are the two moments of one
/// trouble.
/// </summary>
internal static class CodeText
{
    private const string ThenSuffix = "Then";
    private static readonly FrozenDictionary<Code, string> Texts = Enum.GetValues<Code>().ToFrozenDictionary(code => code, Make);
    private static readonly FrozenDictionary<string, Code> Codes = Texts.ToFrozenDictionary(
        pair => pair.Value,
        pair => pair.Key,
        StringComparer.Ordinal
    );

    /// <summary>Whether a code answers a caller whose wish was not taken, rather than an inspection.</summary>
    public static bool IsRefusal(this Code code) => (int)code >= 200;

    /// <summary>The text on the wire; <c>none</c> for <see cref="Code.None"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is no code.</exception>
    public static string ToText(this Code code) =>
        Texts.TryGetValue(code, out string? text)
            ? text
            : throw new ArgumentOutOfRangeException(nameof(code), code, "the number stands for no code");

    /// <summary>The text on the wire; null for <see cref="Code.None"/>, where JSON says null.</summary>
    public static string? Of(Code code) => code == Code.None ? null : code.ToText();

    /// <summary>The number with three digits, as in the simple topics.</summary>
    public static string ToDigits(this Code code) => ((int)code).ToString("000", CultureInfo.InvariantCulture);

    /// <summary>The code of a text on the wire; case counts.</summary>
    public static bool TryParse(string? text, out Code code)
    {
        code = Code.None;
        return text is not null && Codes.TryGetValue(text, out code);
    }

    private static string Make(Code code)
    {
        string name = code.ToString();
        if (name.EndsWith(ThenSuffix, StringComparison.Ordinal))
            name = name[..^ThenSuffix.Length];
        var text = new StringBuilder();
        foreach (char letter in name)
        {
            if (char.IsAsciiLetterUpper(letter) && text.Length > 0)
                text.Append('_');
            text.Append(code.IsRefusal() ? char.ToUpperInvariant(letter) : char.ToLowerInvariant(letter));
        }

        return text.ToString();
    }
}
