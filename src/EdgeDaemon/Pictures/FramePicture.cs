using ClipFusion.Foundation;
using ClipFusion.Imaging;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Recipes;

namespace ClipFusion.EdgeDaemon.Pictures;

/// <summary>One frame after another as pixels that people can look at, in memory that is used again and again. For one thread.</summary>
internal sealed class FramePicture
{
    private readonly PillowResampler _resampler = new();
    private PixelBuffer _decoded,
        _converted,
        _scaled,
        _drawn;

    /// <summary>The frame's pixels; those of an image file are decoded.</summary>
    /// <returns>Valid until the next call.</returns>
    /// <exception cref="ImageFormatException">The file can't be decoded.</exception>
    public ImageView Pixels(KeptFrame frame)
    {
        if (frame.Shape.Format != PixelFormat.Encoded)
            return FramePixels.View(frame.Bytes, frame.Shape);
        ImageHeader header = ImageCodec.ReadHeader(frame.Bytes, name: frame.Name);
        int row = header.Width * header.Pixels.BytesPerPixel();
        Span<byte> pixels = _decoded.Of(checked(row * header.Height));
        ImageCodec.DecodePixels(frame.Bytes, header, pixels, frame.Name);
        return new ImageView(pixels, header.Width, header.Height, row, header.Pixels);
    }

    /// <summary>A picture in RGB, made smaller where it is wider or higher than wanted.</summary>
    /// <param name="pixels">From <see cref="Pixels"/>.</param>
    /// <param name="recipe">Says what is black and white in deep grey.</param>
    /// <param name="longest">Longest side.</param>
    /// <returns>Valid until the next call.</returns>
    public ImageView Shrunk(ImageView pixels, Recipe recipe, int longest)
    {
        ImageView plain = Plain(pixels, recipe);
        (int width, int height) = SizeWithin(plain.Width, plain.Height, longest);
        Span<byte> rgb = _scaled.Of(RgbImage.ByteCount(width, height));
        _resampler.Resize(plain, width, height, ResampleFilter.Bilinear, rgb);
        return new ImageView(rgb, width, height, width * 3, PixelFormat.RGB8);
    }

    /// <summary>Draws the anomaly map on a picture.</summary>
    /// <param name="rgb">From <see cref="Shrunk"/>.</param>
    /// <param name="frame">Its frame, which has a map.</param>
    /// <param name="frameWidth">Columns of the frame itself.</param>
    /// <param name="frameHeight">Its rows.</param>
    /// <param name="withBar">Whether the colour scale is added at the right.</param>
    /// <returns>Valid until the next call.</returns>
    public ImageView Overlay(ImageView rgb, KeptFrame frame, int frameWidth, int frameHeight, bool withBar)
    {
        PooledAnomalyMap map = frame.Map ?? throw new ArgumentException("an overlay needs a map", nameof(frame));
        (float low, float high) = ScaleOf(frame);
        // The cells of a map of the frame's own size are its pixels.
        Region shown = Region.Whole(rgb.Width, rgb.Height);
        var options = new OverlayOptions
        {
            Low = low,
            High = high,
            Outline = MapThreshold(frame),
            Region = shown.CellsToFrame(map.Covered, frameWidth, frameHeight),
            Boxes =
            [
                .. frame.Verdict.Regions.Select(r => shown.CellsToFrame(new Region(r.X, r.Y, r.Width, r.Height), frameWidth, frameHeight)),
            ],
            Ignore = frame.Ignore,
            ColourBar = withBar,
        };
        int width = HeatmapOverlay.Width(rgb.Width, rgb.Height, options);
        Span<byte> drawn = _drawn.Of(RgbImage.ByteCount(width, rgb.Height));
        HeatmapOverlay.Render(rgb, map.Values, map.Width, map.Height, options, drawn);
        return new ImageView(drawn, width, rgb.Height, width * 3, PixelFormat.RGB8);
    }

    /// <summary>The scale of a frame's overlay: by what good parts reach and by the map threshold, both of the profile that judged
    /// it.</summary>
    internal static (float Low, float High) ScaleOf(KeptFrame frame) =>
        HeatScale.Of(frame.Levels.Of(NormalLevels.ProfileOf(frame.Verdict)), MapThreshold(frame));

    private static float? MapThreshold(KeptFrame frame) =>
        (float?)
            frame.Recipe.MapThresholds[
                NormalLevels.ProfileOf(frame.Verdict),
                frame.Verdict.IsZeroShot ? ShotMode.ZeroShot : ShotMode.FewShot
            ];

    /// <summary>The size of a picture whose longest side is at most so long; never larger than it was.</summary>
    public static (int Width, int Height) SizeWithin(int width, int height, int longest)
    {
        int side = Math.Max(width, height);
        return side <= longest ? (width, height) : (Scaled(width), Scaled(height));

        int Scaled(int pixels) => Math.Max(1, (int)(((2L * pixels * longest) + side) / (2L * side)));
    }

    private ImageView Plain(ImageView pixels, Recipe recipe)
    {
        if (pixels.Format.IsDeepGrey())
        {
            Span<byte> grey = _converted.Of(checked(pixels.Width * pixels.Height));
            PixelConverter.ToMono8(pixels, grey, new GreyLevels(recipe.BlackLevel ?? 0, recipe.WhiteLevel ?? pixels.Format.MaxGrey()));
            return new ImageView(grey, pixels.Width, pixels.Height, pixels.Width, PixelFormat.Mono8);
        }

        if (!pixels.Format.IsBayer())
            return pixels;
        Span<byte> rgb = _converted.Of(RgbImage.ByteCount(pixels.Width, pixels.Height));
        PixelConverter.ToRgb(pixels, rgb);
        return new ImageView(rgb, pixels.Width, pixels.Height, pixels.Width * 3, PixelFormat.RGB8);
    }
}
