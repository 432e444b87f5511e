namespace ClipFusion.Foundation;

/// <summary>The form of device, station and recipe names. They become topics and file names, so nothing else gets through.</summary>
public static class Names
{
    /// <summary>Longest name in characters.</summary>
    public const int MaxLength = 32;

    /// <summary>Longest id of a caller in characters.</summary>
    public const int MaxIdLength = 36;

    /// <summary>The rule in words, for errors.</summary>
    public const string Rule = "a name of 1 to 32 of a-z, 0-9 and -";

    /// <summary>Whether a text is a name.</summary>
    public static bool IsName(string? text) =>
        text is { Length: > 0 and <= MaxLength } && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    /// <summary>Whether a text is a recipe's name: not digits only, because those are numbers to a PLC.</summary>
    public static bool IsRecipeName(string? text) => IsName(text) && !text!.All(char.IsAsciiDigit);

    /// <summary>Whether a text is an id that a caller gave: 1 to 36 of a-z, A-Z, 0-9, ".", "_" and "-".</summary>
    public static bool IsCallersId(string? text) =>
        text is { Length: > 0 and <= MaxIdLength } && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');

    /// <summary>A recipe's number from 1 to 3 digits, leading zeros allowed; false for anything else.</summary>
    public static bool TryNumber(string? text, out int number)
    {
        number = 0;
        if (text is not { Length: > 0 and <= 3 } || !text.All(char.IsAsciiDigit))
            return false;
        foreach (char digit in text)
            number = (number * 10) + (digit - '0');
        return true;
    }
}
