using ClipFusion.Imaging;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;

namespace ClipFusion.Inspection.Calibration;

/// <summary>What a reference picture looks like before any network has seen it: enough to say in plain words what is wrong.</summary>
/// <param name="FrameWidth">Columns of the frame.</param>
/// <param name="FrameHeight">Rows of the frame.</param>
/// <param name="Fault">What the recipe's own checks have against it.</param>
/// <param name="Measures">Brightness, clipping and sharpness of the bytes that a network takes.</param>
/// <param name="Sharpness">Variance of the Laplacian of their grey levels at half the size, by the square of their mean: what blur takes
/// away and less light does not, without the finest detail, which depends on how a part happens to lie on the sensor's pixels.</param>
/// <param name="Grey">Means of grey over 40 x 40 equal areas, with their own mean taken away.</param>
public sealed record ReferenceLook(
    int FrameWidth,
    int FrameHeight,
    ImageFault Fault,
    ImageMeasures Measures,
    double Sharpness,
    IReadOnlyList<float> Grey
)
{
    private const int Areas = 40;

    /// <summary>Looks at a picture.</summary>
    /// <param name="frame">Borrowed.</param>
    /// <param name="recipe">Region and grey levels; settled for the pack.</param>
    /// <param name="checks">What the recipe demands of frames.</param>
    /// <param name="pack">The networks' input sizes.</param>
    /// <param name="cancellation">Ends it between two rows.</param>
    /// <exception cref="ArgumentException">The recipe's region is not inside the frame, or its grey levels don't fit it.</exception>
    public static ReferenceLook At(
        ImageView frame,
        Recipe recipe,
        ImageChecks checks,
        PackManifest pack,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(checks);
        var image = new PreparedImage();
        new Preparation(pack, recipe, new PillowResampler()).Run(frame, recipe.UsedBranches, image, cancellation: cancellation);
        byte[] rgb = image.Any;
        int side = (int)Math.Sqrt(rgb.Length / 3);
        ImageMeasures measures = ImageMeasures.Of(rgb, side, side);
        byte[] half = Half(rgb, side);
        ImageFault fault = checks.CheckSize(frame.Width, frame.Height);
        return new ReferenceLook(
            frame.Width,
            frame.Height,
            fault == ImageFault.None ? checks.Check(measures) : fault,
            measures,
            ImageMeasures.Of(half, side / 2, side / 2).Sharpness / Math.Max(1, measures.Brightness * measures.Brightness),
            GreyOf(rgb, side)
        );
    }

    /// <summary>Mean difference of the grey areas, 0..255: parts that lie a little differently are some levels apart, the same part under
    /// the same light is less than one.</summary>
    public double DifferenceTo(ReferenceLook other)
    {
        ArgumentNullException.ThrowIfNull(other);
        double sum = 0;
        for (int i = 0; i < Grey.Count; i++)
            sum += Math.Abs(Grey[i] - other.Grey[i]);
        return sum / Grey.Count;
    }

    private static byte[] Half(ReadOnlySpan<byte> rgb, int side)
    {
        int half = side / 2,
            row = 3 * side;
        var made = new byte[3 * half * half];
        for (int y = 0; y < half; y++)
        {
            for (int i = 0; i < 3 * half; i++)
            {
                int at = (2 * y * row) + (2 * (i - (i % 3))) + (i % 3);
                made[(3 * y * half) + i] = (byte)((rgb[at] + rgb[at + 3] + rgb[at + row] + rgb[at + row + 3] + 2) / 4);
            }
        }

        return made;
    }

    private static float[] GreyOf(ReadOnlySpan<byte> rgb, int side)
    {
        var sums = new double[Areas * Areas];
        var counts = new int[Areas * Areas];
        for (int y = 0; y < side; y++)
        {
            for (int x = 0; x < side; x++)
            {
                int area = (y * Areas / side * Areas) + (x * Areas / side),
                    at = 3 * ((y * side) + x);
                sums[area] += (0.299 * rgb[at]) + (0.587 * rgb[at + 1]) + (0.114 * rgb[at + 2]);
                counts[area]++;
            }
        }

        // A network's input may be smaller than the areas are many.
        double[] means = [.. sums.Zip(counts, (sum, count) => count == 0 ? 0 : sum / count)];
        double mean = means.Average();
        return [.. means.Select(m => (float)(m - mean))];
    }
}
