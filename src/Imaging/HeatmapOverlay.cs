using System.Buffers;
using System.Globalization;
using ClipFusion.Foundation;
using OpenCvSharp;

namespace ClipFusion.Imaging;

/// <summary>What a heatmap shows besides picture and map.</summary>
public sealed record OverlayOptions
{
    /// <summary>Value where colour begins. Null: the map's least value.</summary>
    public float? Low { get; init; }

    /// <summary>
    /// Value of full colour. Null: the map's greatest value. Set both on a line, or noise on a good part would be stretched to look like a
    /// defect.
    /// </summary>
    public float? High { get; init; }

    /// <summary>The part of the picture that the map covers; the rest is darkened. Null: all of it.</summary>
    public Region? Region { get; init; }

    /// <summary>Map value whose outline is drawn: around what lies above it, outside of <see cref="Ignore"/>. Null: none.</summary>
    public float? Outline { get; init; }

    /// <summary>Boxes to draw, in pixels of the picture.</summary>
    public IReadOnlyList<Region> Boxes { get; init; } = [];

    /// <summary>Where nothing is coloured and the picture is darkened, or null.</summary>
    public IgnoreMask? Ignore { get; init; }

    /// <summary>Whether the colour bar is added at the right.</summary>
    public bool ColourBar { get; init; } = true;
}

/// <summary>
/// A picture with its anomaly map on top, for people: the inferno colours (perceptually even, and readable by the colour-blind), as opaque
/// as the map is strong, so normal areas stay visible as they are.
/// </summary>
public static class HeatmapOverlay
{
    private const double MaxOpacity = 0.8;
    private static readonly Lazy<byte[]> Inferno = new(Colours);

    /// <summary>Width of the overlay of a picture: with the colour bar it is wider than the picture, so that boxes keep their
    /// coordinates.</summary>
    public static int Width(int imageWidth, int imageHeight, OverlayOptions? options = null) =>
        imageWidth + (options?.ColourBar ?? true ? OverlayDrawing.BarWidth(imageHeight) : 0);

    /// <summary>Draws the overlay as a new picture of the same height.</summary>
    /// <inheritdoc cref="Render(ImageView, ReadOnlySpan{float}, int, int, OverlayOptions?, Span{byte})"/>
    public static RgbImage Render(RgbImage image, ReadOnlySpan<float> map, int mapWidth, int mapHeight, OverlayOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        var result = new RgbImage(Width(image.Width, image.Height, options), image.Height);
        Render(image.View, map, mapWidth, mapHeight, options, result.Pixels);
        return result;
    }

    /// <summary>Draws the overlay into memory of the caller.</summary>
    /// <param name="image">The whole picture, Rgb8.</param>
    /// <param name="map">mapHeight x mapWidth values, enlarged bilinearly to the part of the picture that it covers.</param>
    /// <param name="mapWidth">Cells in a row.</param>
    /// <param name="mapHeight">Rows.</param>
    /// <param name="options">Range, boxes, mask, bar; null is none of them and a bar.</param>
    /// <param name="destination">Receives height x <see cref="Width"/> x 3 tightly packed RGB bytes; may be longer.</param>
    /// <exception cref="ArgumentException">A size does not fit, the region leaves the picture, the picture is not Rgb8, or the range is
    /// empty or not finite.</exception>
    public static void Render(
        ImageView image,
        ReadOnlySpan<float> map,
        int mapWidth,
        int mapHeight,
        OverlayOptions? options,
        Span<byte> destination
    )
    {
        options ??= new OverlayOptions();
        MapSize.Check(map.Length, mapWidth, mapHeight);
        if (image.Format != PixelFormat.RGB8)
            throw new ArgumentException($"the overlay is drawn on Rgb8, not {image.Format}", nameof(image));
        int width = Width(image.Width, image.Height, options),
            bytes = RgbImage.ByteCount(width, image.Height),
            cells = image.Width * image.Height;
        if (destination.Length < bytes)
            throw new ArgumentException(
                $"the overlay of {width}x{image.Height} RGB pixels needs {bytes} bytes, {destination.Length} given",
                nameof(destination)
            );
        ImagingNative.EnsureLoaded();
        (float low, float high) = Range(map, options);
        Region covered = options.Region ?? Region.Whole(image.Width, image.Height);
        covered.EnsureInside(image.Width, image.Height);
        bool[] ignored = options.Ignore is null ? [] : ArrayPool<bool>.Shared.Rent(cells);
        options.Ignore?.Ignored(image.Width, image.Height, Region.Whole(options.Ignore.Width, options.Ignore.Height), ignored);
        destination = destination[..bytes];
        destination.Clear();
        using Mat large = Enlarged(map, mapWidth, mapHeight, covered);
        Blend(image, covered, large, low, high, ignored, destination, width);
        if (options.Outline is { } level)
            OverlayDrawing.Outline(destination, width, image.Height, image.Width, large, covered, level, ignored);
        OverlayDrawing.Draw(destination, width, image.Height, image.Width, options.Boxes, low, high, Inferno.Value);
        if (options.Ignore is not null)
            ArrayPool<bool>.Shared.Return(ignored);
    }

    /// <summary>256 RGB colours from the low end to the high end.</summary>
    public static ReadOnlySpan<byte> Palette
    {
        get
        {
            ImagingNative.EnsureLoaded();
            return Inferno.Value;
        }
    }

    /// <summary>Opacity at t = 0..1: nothing at the low end, rising smoothly, flat at the high end.</summary>
    public static double Opacity(double t) => MaxOpacity * t * t * (3 - 2 * t);

    private static (float Low, float High) Range(ReadOnlySpan<float> map, OverlayOptions options)
    {
        float least = float.PositiveInfinity,
            most = float.NegativeInfinity;
        foreach (float v in map)
        {
            if (!float.IsFinite(v))
                continue;
            (least, most) = (Math.Min(least, v), Math.Max(most, v));
        }

        float low = options.Low ?? (float.IsFinite(least) ? least : 0),
            high = options.High ?? (float.IsFinite(most) ? most : low + 1);
        if (!float.IsFinite(low) || !float.IsFinite(high) || (options.Low is not null && options.High is not null && low >= high))
            throw new ArgumentException(
                $"heatmap range {low.ToString(CultureInfo.InvariantCulture)}..{high.ToString(CultureInfo.InvariantCulture)}: expected "
                    + "two finite values, the lower one first"
            );
        // A flat map, or one wholly below a given low end, has no range of its own: it is shown without colour.
        return (low, high > low ? high : low + 1);
    }

    private static unsafe Mat Enlarged(ReadOnlySpan<float> map, int mapWidth, int mapHeight, Region covered)
    {
        var large = new Mat();
        fixed (float* values = map)
        {
            using Mat small = Mat.FromPixelData(mapHeight, mapWidth, MatType.CV_32FC1, (nint)values);
            Cv2.Resize(small, large, new Size(covered.Width, covered.Height), 0, 0, InterpolationFlags.Linear);
        }

        return large;
    }

    private static unsafe void Blend(
        ImageView image,
        Region covered,
        Mat large,
        float low,
        float high,
        ReadOnlySpan<bool> ignored,
        Span<byte> result,
        int resultWidth
    )
    {
        byte[] colours = Inferno.Value;
        Span<int> opacities = stackalloc int[256];
        for (int i = 0; i < 256; i++)
            opacities[i] = (int)Math.Round(256 * Opacity(i / 255.0));
        for (int y = 0; y < image.Height; y++)
        {
            bool inside = y >= covered.Y && y < covered.Y + covered.Height;
            ReadOnlySpan<float> row = inside ? new ReadOnlySpan<float>((void*)large.Ptr(y - covered.Y), covered.Width) : [];
            ReadOnlySpan<byte> source = image.Row(y);
            Span<byte> target = result.Slice(y * resultWidth * 3, image.Width * 3);
            for (int x = 0; x < image.Width; x++)
            {
                int column = x - covered.X;
                if ((uint)column >= (uint)row.Length || (!ignored.IsEmpty && ignored[(y * image.Width) + x]))
                {
                    for (int c = 3 * x; c < 3 * x + 3; c++)
                        target[c] = (byte)(source[c] / 2);
                    continue;
                }

                float t = (row[column] - low) / (high - low);
                // What is not a number fails every comparison and is shown without colour.
                int level = t > 0 ? (int)(Math.Min(t, 1) * 255 + 0.5f) : 0,
                    opacity = opacities[level];
                for (int c = 0; c < 3; c++)
                    target[3 * x + c] = (byte)(((source[3 * x + c] * (256 - opacity)) + (colours[3 * level + c] * opacity) + 128) >> 8);
            }
        }
    }

    /// <summary>256 RGB colours from black over purple and orange to pale yellow.</summary>
    private static unsafe byte[] Colours()
    {
        byte[] ramp = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];
        byte[] rgb = new byte[256 * 3];
        fixed (byte* p = ramp)
        {
            using Mat levels = Mat.FromPixelData(1, 256, MatType.CV_8UC1, (nint)p);
            using var colours = new Mat();
            Cv2.ApplyColorMap(levels, colours, ColormapTypes.Inferno);
            PixelRows.ToRgb(new ReadOnlySpan<byte>((void*)colours.Data, 768), PixelFormat.BGR8, rgb);
        }

        return rgb;
    }
}
