namespace ClipFusion.Models.Tokenizer;

/// <summary>GPT-2's table from bytes to printable characters: a byte that is a visible Latin-1 character stands for itself, the others take
/// U+0100 and up in order.</summary>
internal static class ByteSymbols
{
    /// <summary>Ends the last symbol of every word.</summary>
    public const string EndOfWord = "</w>";

    private static readonly string[] Symbols = Create();

    /// <summary>The one-character symbol of a byte.</summary>
    public static string Of(byte value) => Symbols[value];

    private static string[] Create()
    {
        var symbols = new string[256];
        int others = 0;
        for (int value = 0; value < 256; value++)
        {
            bool visible = value is (>= 0x21 and <= 0x7E) or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
            symbols[value] = ((char)(visible ? value : 0x100 + others++)).ToString();
        }

        return symbols;
    }
}
