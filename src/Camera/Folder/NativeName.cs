using System.Text;

namespace ClipFusion.Camera.Folder;

/// <summary>
/// File names as text that can be turned back into their bytes. Linux names are bytes; a share or an old camera writes them in Latin-1 or
/// Shift-JIS. Bytes that are not UTF-8 become lone surrogates U+DC80 to U+DCFF, which no valid text holds, so nothing is lost.
/// </summary>
internal static class NativeName
{
    private const char Escape = '\uDC00';

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The text of a name's bytes.</summary>
    public static string FromBytes(ReadOnlySpan<byte> name)
    {
        var text = new StringBuilder(name.Length);
        Span<char> pair = stackalloc char[2];
        while (!name.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(name, out Rune rune, out int count) == System.Buffers.OperationStatus.Done)
            {
                text.Append(pair[..rune.EncodeToUtf16(pair)]);
            }
            else
            {
                foreach (byte odd in name[..count])
                    text.Append((char)(Escape + odd));
            }

            name = name[count..];
        }

        return text.ToString();
    }

    /// <summary>The bytes of a name or path, with a zero at the end, for libc.</summary>
    public static byte[] ToBytes(string path)
    {
        if (IsText(path))
            return [.. Strict.GetBytes(path), 0];
        var bytes = new List<byte>(path.Length + 1);
        Span<byte> encoded = stackalloc byte[4];
        for (int i = 0; i < path.Length; )
        {
            if (IsEscaped(path, i))
            {
                bytes.Add((byte)(path[i++] - Escape));
                continue;
            }

            var rune = Rune.GetRuneAt(path, i);
            bytes.AddRange(encoded[..rune.EncodeToUtf8(encoded)]);
            i += rune.Utf16SequenceLength;
        }

        bytes.Add(0);
        return [.. bytes];
    }

    /// <summary>Whether the name is valid text, which .NET can open.</summary>
    public static bool IsText(string name)
    {
        for (int i = 0; i < name.Length; i++)
        {
            if (IsEscaped(name, i))
                return false;
        }

        return true;
    }

    /// <summary>The name for people and messages: bytes that are no text are shown as <c>%E9</c>.</summary>
    public static string Show(string name)
    {
        if (IsText(name))
            return name;
        var text = new StringBuilder(name.Length + 8);
        for (int i = 0; i < name.Length; i++)
        {
            if (IsEscaped(name, i))
                text.Append('%').Append(((byte)(name[i] - Escape)).ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
            else
                text.Append(name[i]);
        }

        return text.ToString();
    }

    private static bool IsEscaped(string name, int i) =>
        name[i] is >= '\uDC80' and <= '\uDCFF' && (i == 0 || !char.IsHighSurrogate(name[i - 1]));
}
