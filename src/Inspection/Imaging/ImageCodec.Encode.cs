using OpenCvSharp;
using OpenCvSharp.Internal;
using OpenCvSharp.Internal.Vectors;

namespace ClipFusion.Inspection.Imaging;

/// <content>Pixels to picture files.</content>
public static partial class ImageCodec
{
    /// <summary>Writes a PNG: lossless, 8-bit colour or 8- or 16-bit grey.</summary>
    /// <param name="image">Mono8, Mono16, Rgb8 or Bgr8.</param>
    /// <param name="destination">Receives the file; native memory is written straight to it.</param>
    /// <param name="compression">0 (fast) to 9 (small).</param>
    /// <exception cref="ArgumentException">The format can't be stored or the compression is out of range.</exception>
    public static void EncodePng(ImageView image, Stream destination, int compression = 3)
    {
        if (compression is < 0 or > 9) throw new ArgumentException($"PNG compression {compression}: expected 0..9", nameof(compression));
        Encode(image, ".png", [(int)ImwriteFlags.PngCompression, compression], destination);
    }

    /// <summary>Writes a JPEG.</summary>
    /// <param name="image">Mono8, Rgb8 or Bgr8.</param>
    /// <param name="destination">Receives the file; native memory is written straight to it.</param>
    /// <param name="quality">1 (small) to 100 (good).</param>
    /// <exception cref="ArgumentException">The format can't be stored or the quality is out of range.</exception>
    public static void EncodeJpeg(ImageView image, Stream destination, int quality = 90)
    {
        if (quality is < 1 or > 100) throw new ArgumentException($"JPEG quality {quality}: expected 1..100", nameof(quality));
        if (image.Format == PixelFormat.Mono16) throw new ArgumentException("a JPEG holds 8 bits: Mono16 must be converted first, or stored as PNG", nameof(image));
        Encode(image, ".jpg", [(int)ImwriteFlags.JpegQuality, quality], destination);
    }

    private static unsafe void Encode(ImageView image, string extension, int[] parameters, Stream destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        MatType type = image.Format switch
        {
            PixelFormat.Mono8 => MatType.CV_8UC1,
            PixelFormat.Mono16 => MatType.CV_16UC1,
            PixelFormat.Rgb8 or PixelFormat.Bgr8 => MatType.CV_8UC3,
            _ => throw new ArgumentException($"{image.Format} pixels can't be stored: convert them with PixelConverter first", nameof(image)),
        };
        ImagingNative.EnsureLoaded();
        fixed (byte* pixels = image.Pixels)
        {
            using Mat view = Mat.FromPixelData(image.Height, image.Width, type, (nint)pixels, image.Stride);
            using var blueFirst = new Mat();
            if (image.Format == PixelFormat.Rgb8) Cv2.CvtColor(view, blueFirst, ColorConversionCodes.RGB2BGR);
            using var input = InputArray.Create(image.Format == PixelFormat.Rgb8 ? blueFirst : view);
            using var file = new VectorOfByte();
            NativeMethods.HandleException(NativeMethods.imgcodecs_imencode_vector(extension, input.CvPtr, file.CvPtr, parameters, parameters.Length, out int ok));
            if (ok == 0) throw new InvalidOperationException($"OpenCV could not encode {image.Width}x{image.Height} {image.Format} pixels as {extension}");
            destination.Write(new ReadOnlySpan<byte>((void*)file.ElemPtr, checked((int)file.Size)));
        }
    }
}
