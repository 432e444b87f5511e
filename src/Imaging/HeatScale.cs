namespace ClipFusion.Imaging;

/// <summary>
/// The map values that an overlay's colours stand for. Colour begins at what good parts reach, so that the noise on a good part stays
/// without; it is full half as far beyond the pixel threshold, where there is one. All pictures of a recipe share the scale: a picture's
/// own greatest value would paint every good part. The image threshold says nothing here, because scores and maps are on different
/// scales.
/// </summary>
public static class HeatScale
{
    /// <summary>Values of a map are 0..2.</summary>
    public const float Greatest = 2;

    /// <summary>Where good parts reach the threshold or beyond it, colour begins this share of the threshold below it.</summary>
    private const float LeastBelow = 0.1f;

    /// <summary>Below this a float has no room between the ends.</summary>
    private const float Least = 1e-6f;

    /// <summary>Where colour begins and where it is full.</summary>
    /// <param name="reach">The greatest value of good parts' maps, 0..2; null = not known.</param>
    /// <param name="threshold">The pixel threshold, 0..2; null = none.</param>
    /// <returns>
    /// The ends, low below high. Without a threshold colour is full at twice what good parts reach; with nothing but a threshold it begins
    /// at half of it; with neither the scale is 0..1, the range of a single branch.
    /// </returns>
    public static (float Low, float High) Of(float? reach, float? threshold)
    {
        if (threshold is > Least and { } pixels)
        {
            float below = reach is { } known ? Math.Max(pixels - known, LeastBelow * pixels) : pixels / 2;
            return (pixels - below, pixels + below / 2);
        }

        return reach is > Least and { } good ? (good, 2 * good) : (0, 1);
    }
}
