using System.Buffers;

namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>The bytes of a command, without what belongs to how a text is kept: the byte-order mark that editors put before it, and the NUL
/// bytes that controllers end theirs with.</summary>
internal static class CommandBytes
{
    private static ReadOnlySpan<byte> Mark => [0xEF, 0xBB, 0xBF];

    /// <summary>The command's own bytes; valid as long as the payload is, whose memory they may be.</summary>
    public static ReadOnlyMemory<byte> Of(ReadOnlySequence<byte> payload)
    {
        ReadOnlyMemory<byte> bytes = payload.IsSingleSegment ? payload.First : payload.ToArray();
        if (bytes.Span.StartsWith(Mark))
            bytes = bytes[Mark.Length..];
        return bytes.TrimEnd((byte)0);
    }

    /// <summary>What is wrong with bytes that can't be JSON in UTF-8, for people; null when nothing is.</summary>
    public static string? Fault(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length == 0)
            return "the payload holds nothing, or a byte-order mark and NUL bytes alone";
        if (bytes is [0xFE, 0xFF, ..] or [0xFF, 0xFE, ..])
            return "the payload begins with the byte-order mark of UTF-16";
        if (bytes.StartsWith(Mark))
            return "the payload begins with two byte-order marks (EF BB BF)";
        return bytes.IndexOf((byte)0) is >= 0 and int at
            ? $"the payload has a NUL byte at {at}, as UTF-16 and padding before the end have"
            : null;
    }
}
