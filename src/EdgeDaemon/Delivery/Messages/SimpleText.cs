using System.Text;
using ClipFusion.EdgeDaemon.Domain;

namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>Fixed-width ASCII for controllers that take a text apart by position.</summary>
internal static class SimpleText
{
    /// <summary>Length of a verdict in bytes, semicolons included.</summary>
    public const int VerdictLength = 10 + 1 + 3 + 5 + 3 + 4 + 36 + 6;

    /// <summary>Length of an ack in bytes, semicolons included.</summary>
    public const int AckLength = 3 + 10 + 36 + 2;

    /// <summary>Length of an end of exposure in bytes, semicolon included.</summary>
    public const int FrameLength = 10 + 36 + 1;

    // Ten digits last 300 years at one part a second; then the text starts again at 0 while the JSON goes on.
    private const long SequenceDigits = 10_000_000_000;

    /// <summary>
    /// <c>seq(10);verdict(1: O N R X);reason(3);score(5);recipe(3);flags(4: late, duplicate, fallback profile, zero-shot);triggerId(36,
    /// space-padded)</c>. The score is in ten-thousandths, 00000-20000, and 00000 when not judged.
    /// </summary>
    public static byte[] Verdict(VerdictRecord record, SendingFlags sending)
    {
        ArgumentNullException.ThrowIfNull(record);
        char letter = record.Verdict switch
        {
            Domain.Verdict.Ok => 'O',
            Domain.Verdict.Ng => 'N',
            Domain.Verdict.Review => 'R',
            _ => 'X',
        };
        double score = record.Score is { } s && double.IsFinite(s) ? Math.Clamp(s, 0, 2) : 0;
        AcceptedInspection inspection = record.Inspection;
        string flags = $"{Bit(sending.Late)}{Bit(sending.Duplicate)}{Bit(record.IsFallbackProfile)}{Bit(record.IsZeroShot)}";
        return Ascii(
            $"{inspection.Sequence % SequenceDigits:D10};{letter};{(int)record.Reason:D3};{(int)Math.Round(score * 10_000):D5};"
                + $"{inspection.Recipe.Number:D3};{flags};{inspection.TriggerId, -36}"
        );
    }

    /// <summary><c>code(3);seq(10);triggerId(36, space-padded)</c>; code 000 is accepted, sequence 0000000000 none.</summary>
    public static byte[] Ack(TriggerAckMessage ack)
    {
        ArgumentNullException.ThrowIfNull(ack);
        return Ascii($"{(int)ack.Code:D3};{(ack.Seq ?? 0) % SequenceDigits:D10};{ack.TriggerId, -36}");
    }

    /// <summary><c>seq(10);triggerId(36, space-padded)</c>.</summary>
    public static byte[] Frame(TriggerFrameMessage frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        return Ascii($"{frame.Seq % SequenceDigits:D10};{frame.TriggerId, -36}");
    }

    private static char Bit(bool flag) => flag ? '1' : '0';

    private static byte[] Ascii(string text) => Encoding.ASCII.GetBytes(text);
}
