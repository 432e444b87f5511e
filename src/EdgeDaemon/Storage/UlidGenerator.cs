using System.Buffers.Binary;
using System.Security.Cryptography;

namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>
/// ULIDs that only grow: 48 bits of Unix milliseconds, then 80 random bits, as 26 characters of Crockford's base 32. Within a millisecond,
/// and while the clock is behind the last id, the last id is counted up by one instead. Safe for several threads.
/// </summary>
/// <param name="time">Wall clock.</param>
/// <param name="last">An earlier id that new ones must be above; null for none.</param>
internal sealed class UlidGenerator(TimeProvider time, string? last = null)
{
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    private const int RandomBits = 80,
        Characters = 26;

    private readonly Lock _gate = new();
    private UInt128 _last = last is null ? 0 : Parse(last);

    /// <summary>The next id; above every id that this generator gave and above the one that it started from.</summary>
    /// <returns>26 characters, whose ordinal order is the order of making.</returns>
    public string Next()
    {
        Span<byte> random = stackalloc byte[16];
        RandomNumberGenerator.Fill(random[6..]);
        UInt128 milliseconds = (UInt128)(ulong)Math.Max(0, time.GetUtcNow().ToUnixTimeMilliseconds());
        lock (_gate)
        {
            // Counting up may carry into the milliseconds; it then stays ahead of the clock until the clock has caught up.
            _last =
                milliseconds > _last >> RandomBits
                    ? (milliseconds << RandomBits) | BinaryPrimitives.ReadUInt128BigEndian(random)
                    : _last + 1;
            return Format(_last);
        }
    }

    /// <summary>The time in an id: that of its making, or a later one, if the clock was behind ids given before.</summary>
    /// <param name="id">A ULID.</param>
    /// <returns>Unix milliseconds.</returns>
    /// <exception cref="FormatException">It is none.</exception>
    internal static long Milliseconds(string id) => (long)(Parse(id) >> RandomBits);

    /// <summary>The lowest id of a time.</summary>
    /// <param name="milliseconds">Unix milliseconds.</param>
    internal static string First(long milliseconds) => Format((UInt128)(ulong)milliseconds << RandomBits);

    /// <summary>Whether a text is an id with a time that there is.</summary>
    /// <param name="text">Any text.</param>
    internal static bool IsUlid(string text) =>
        text.Length == Characters
        && text[0] <= '7'
        && text.All(Alphabet.Contains)
        && Milliseconds(text) <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    private static string Format(UInt128 value) =>
        string.Create(
            Characters,
            value,
            static (text, v) =>
            {
                for (int i = text.Length - 1; i >= 0; i--, v >>= 5)
                    text[i] = Alphabet[(int)(v & 31)];
            }
        );

    private static UInt128 Parse(string text)
    {
        UInt128 value = 0;
        bool isUlid = text.Length == Characters && text[0] <= '7';
        foreach (char c in text)
        {
            int digit = Alphabet.IndexOf(c, StringComparison.Ordinal);
            isUlid &= digit >= 0;
            value = (value << 5) | (UInt128)(uint)Math.Max(0, digit);
        }

        return isUlid
            ? value
            : throw new FormatException($"'{text}' is no ULID: 26 characters of {Alphabet} are expected, the first at most 7.");
    }
}
