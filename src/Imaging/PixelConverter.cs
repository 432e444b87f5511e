using System.Buffers;
using ClipFusion.Foundation;
using OpenCvSharp;

namespace ClipFusion.Imaging;

/// <summary>
/// Any camera format to 8 bits, into memory of the caller. Grey is repeated, alpha dropped, deep grey mapped by <see cref="GreyLevels"/>,
/// mosaics are demosaicked (bilinear, by OpenCV). Formats other than mosaics need no conversion before <see cref="PillowResampler"/> unless
/// their grey is deep.
/// </summary>
public static class PixelConverter
{
    /// <summary>Converts a picture, or a rectangle of it, to RGB. A cropped mosaic gives the pixels of the whole mosaic's
    /// conversion.</summary>
    /// <param name="source">Picture in any format.</param>
    /// <param name="destination">Receives height x width x 3 tightly packed bytes of the region; may be longer.</param>
    /// <param name="region">Rectangle in the picture's pixels; null is all of it.</param>
    /// <param name="levels">Black and white level of Mono10, Mono12 and Mono16; null is the format's full range. Other formats ignore
    /// it.</param>
    /// <exception cref="ArgumentException">The region leaves the picture or the destination is too short.</exception>
    public static void ToRgb(ImageView source, Span<byte> destination, Region? region = null, GreyLevels? levels = null)
    {
        Region r = region ?? Region.Whole(source.Width, source.Height);
        r.EnsureInside(source.Width, source.Height);
        int bytes = RgbImage.ByteCount(r.Width, r.Height),
            row = r.Width * 3;
        if (destination.Length < bytes)
            throw new ArgumentException(
                $"{r.Width}x{r.Height} RGB pixels need {bytes} bytes, {destination.Length} given",
                nameof(destination)
            );
        if (source.Format.IsBayer())
        {
            Demosaic(source, r, destination);
            return;
        }

        ImageView view = source.Crop(r);
        if (!view.Format.IsDeepGrey())
        {
            for (int y = 0; y < r.Height; y++)
                PixelRows.ToRgb(view.Row(y), view.Format, destination.Slice(y * row, row));
            return;
        }

        GreyLevels map = levels is { White: > 0 } given ? given : GreyLevels.FullRange(view.Format);
        byte[] grey = ArrayPool<byte>.Shared.Rent(r.Width);
        for (int y = 0; y < r.Height; y++)
        {
            PixelRows.ToMono8(view.Row(y), map, grey.AsSpan(0, r.Width));
            PixelRows.ToRgb(grey.AsSpan(0, r.Width), PixelFormat.Mono8, destination.Slice(y * row, row));
        }

        ArrayPool<byte>.Shared.Return(grey);
    }

    /// <summary>Converts a picture, or a rectangle of it, to an image of its own.</summary>
    /// <inheritdoc cref="ToRgb(ImageView, Span{byte}, Region?, GreyLevels?)"/>
    public static RgbImage ToRgb(ImageView source, Region? region = null, GreyLevels? levels = null)
    {
        Region r = region ?? Region.Whole(source.Width, source.Height);
        r.EnsureInside(source.Width, source.Height);
        var image = new RgbImage(r.Width, r.Height);
        ToRgb(source, image.Pixels, region, levels);
        return image;
    }

    /// <summary>Deep grey to Mono8, a third of the bytes of RGB and resampled in a third of the time.</summary>
    /// <param name="source">Mono8 (copied), Mono10, Mono12 or Mono16; crop it first with <see cref="ImageView.Crop"/>.</param>
    /// <param name="destination">Receives height x width tightly packed bytes; may be longer.</param>
    /// <param name="levels">Black and white level; null is the format's full range. Mono8 ignores it.</param>
    /// <exception cref="ArgumentException">The picture is not grey or the destination is too short.</exception>
    public static void ToMono8(ImageView source, Span<byte> destination, GreyLevels? levels = null)
    {
        if (source.Format != PixelFormat.Mono8 && !source.Format.IsDeepGrey())
            throw new ArgumentException($"only grey pixels become Mono8, the picture is {source.Format}", nameof(source));
        if (destination.Length < (long)source.Width * source.Height)
            throw new ArgumentException(
                $"{source.Width}x{source.Height} grey pixels need as many bytes, {destination.Length} given",
                nameof(destination)
            );
        GreyLevels map = levels is { White: > 0 } given ? given : GreyLevels.FullRange(source.Format);
        for (int y = 0; y < source.Height; y++)
        {
            Span<byte> row = destination.Slice(y * source.Width, source.Width);
            if (source.Format == PixelFormat.Mono8)
                source.Row(y).CopyTo(row);
            else
                PixelRows.ToMono8(source.Row(y), map, row);
        }
    }

    private static unsafe void Demosaic(ImageView source, Region region, Span<byte> destination)
    {
        ImagingNative.EnsureLoaded();
        // Interpolation looks one pixel around and OpenCV copies the outermost pixels from their neighbours: two pixels more on every side,
        // starting on an even pixel so that the mosaic's phase stays.
        int left = Math.Max(region.X - 2, 0) & ~1,
            top = Math.Max(region.Y - 2, 0) & ~1;
        int right = Math.Min(region.X + region.Width + 2, source.Width),
            bottom = Math.Min(region.Y + region.Height + 2, source.Height);
        // At a border of the frame there may be fewer than the three pixels that OpenCV needs.
        left = Math.Min(left, Math.Max(right - 4, 0) & ~1);
        top = Math.Min(top, Math.Max(bottom - 4, 0) & ~1);
        var around = new Region(left, top, right - left, bottom - top);
        fixed (
            byte* pixels = source.Pixels,
                target = destination
        )
        {
            using Mat mosaic = Mat.FromPixelData(
                around.Height,
                around.Width,
                MatType.CV_8UC1,
                (nint)(pixels + ((nint)around.Y * source.Stride) + around.X),
                source.Stride
            );
            using Mat wanted = Mat.FromPixelData(region.Height, region.Width, MatType.CV_8UC3, (nint)target);
            using var colour = new Mat();
            Cv2.CvtColor(mosaic, colour, Code(source.Format));
            using Mat middle = colour.SubMat(
                region.Y - top,
                region.Y - top + region.Height,
                region.X - left,
                region.X - left + region.Width
            );
            middle.CopyTo(wanted);
        }
    }

    /// <summary>OpenCV names a mosaic by its second row from the second column on, GenICam by its first row.</summary>
    private static ColorConversionCodes Code(PixelFormat format) =>
        format switch
        {
            PixelFormat.BayerRG8 => ColorConversionCodes.BayerBG2RGB,
            PixelFormat.BayerGB8 => ColorConversionCodes.BayerGR2RGB,
            PixelFormat.BayerGR8 => ColorConversionCodes.BayerGB2RGB,
            _ => ColorConversionCodes.BayerRG2RGB,
        };
}
