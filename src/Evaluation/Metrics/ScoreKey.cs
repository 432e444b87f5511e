namespace ClipFusion.Evaluation.Metrics;

/// <summary>Single-precision scores as integers of the same order, so that they sort and compare without the floating-point special
/// cases.</summary>
internal static class ScoreKey
{
    private const uint Sign = 0x8000_0000;

    /// <summary>The key of a finite score; -0 and 0 are the same score and have the same key.</summary>
    public static uint Of(float score)
    {
        // Adding 0 makes 0 of -0.
        uint bits = BitConverter.SingleToUInt32Bits(score + 0f);
        return (bits & Sign) != 0 ? ~bits : bits | Sign;
    }

    /// <summary>The score of a key.</summary>
    public static float ToScore(uint key) => BitConverter.UInt32BitsToSingle((key & Sign) != 0 ? key & ~Sign : ~key);

    /// <summary>Finds the first score that is NaN or infinite.</summary>
    /// <returns>Its index, or -1.</returns>
    public static int IndexOfNonFinite(ReadOnlySpan<float> scores)
    {
        for (int i = 0; i < scores.Length; i++)
        {
            if (!float.IsFinite(scores[i]))
                return i;
        }

        return -1;
    }
}
