using System.Buffers;
using ClipFusion.Foundation;
using OpenCvSharp;
using OpenCvSharp.Internal;
using OpenCvSharp.Internal.Vectors;

namespace ClipFusion.Imaging;

/// <content>Pixels to picture files.</content>
public static partial class ImageCodec
{
    /// <summary>Writes a PNG: lossless, 8-bit colour or 8- or 16-bit grey.</summary>
    /// <param name="image">Mono8, Rgb8, Bgr8 or deep grey, whose values are stored as they are: a Mono10 picture has 16-bit samples of
    /// 0..1023.</param>
    /// <param name="destination">Receives the file; native memory is written straight to it.</param>
    /// <param name="compression">0 (fast) to 9 (small).</param>
    /// <exception cref="ArgumentException">The format can't be stored or the compression is out of range.</exception>
    public static void EncodePng(ImageView image, Stream destination, int compression = 3)
    {
        ArgumentNullException.ThrowIfNull(destination);
        EncodePng(image, destination.Write, compression);
    }

    /// <summary>As <see cref="EncodePng(ImageView, Stream, int)"/>, into memory that may be used again.</summary>
    public static void EncodePng(ImageView image, IBufferWriter<byte> destination, int compression = 3)
    {
        ArgumentNullException.ThrowIfNull(destination);
        EncodePng(image, destination.Write, compression);
    }

    /// <summary>Writes a JPEG.</summary>
    /// <param name="image">Mono8, Rgb8 or Bgr8.</param>
    /// <param name="destination">Receives the file; native memory is written straight to it.</param>
    /// <param name="quality">1 (small) to 100 (good).</param>
    /// <exception cref="ArgumentException">The format can't be stored or the quality is out of range.</exception>
    public static void EncodeJpeg(ImageView image, Stream destination, int quality = 90)
    {
        ArgumentNullException.ThrowIfNull(destination);
        EncodeJpeg(image, destination.Write, quality);
    }

    /// <summary>As <see cref="EncodeJpeg(ImageView, Stream, int)"/>, into memory that may be used again.</summary>
    public static void EncodeJpeg(ImageView image, IBufferWriter<byte> destination, int quality = 90)
    {
        ArgumentNullException.ThrowIfNull(destination);
        EncodeJpeg(image, destination.Write, quality);
    }

    private static void EncodePng(ImageView image, FileSink destination, int compression)
    {
        if (compression is < 0 or > 9)
            throw new ArgumentException($"PNG compression {compression}: expected 0..9", nameof(compression));
        Encode(image, ".png", [(int)ImwriteFlags.PngCompression, compression], destination);
    }

    private static void EncodeJpeg(ImageView image, FileSink destination, int quality)
    {
        if (quality is < 1 or > 100)
            throw new ArgumentException($"JPEG quality {quality}: expected 1..100", nameof(quality));
        if (image.Format.IsDeepGrey())
            throw new ArgumentException($"a JPEG holds 8 bits: {image.Format} must be converted first, or stored as PNG", nameof(image));
        Encode(image, ".jpg", [(int)ImwriteFlags.JpegQuality, quality], destination);
    }

    private static unsafe void Encode(ImageView image, string extension, int[] parameters, FileSink destination)
    {
        MatType type = image.Format switch
        {
            PixelFormat.Mono8 => MatType.CV_8UC1,
            PixelFormat.Mono10 or PixelFormat.Mono12 or PixelFormat.Mono16 => MatType.CV_16UC1,
            PixelFormat.RGB8 or PixelFormat.BGR8 => MatType.CV_8UC3,
            _ => throw new ArgumentException(
                $"{image.Format} pixels can't be stored: convert them with PixelConverter first",
                nameof(image)
            ),
        };
        ImagingNative.EnsureLoaded();
        fixed (byte* pixels = image.Pixels)
        {
            using Mat view = Mat.FromPixelData(image.Height, image.Width, type, (nint)pixels, image.Stride);
            using var blueFirst = new Mat();
            if (image.Format == PixelFormat.RGB8)
                Cv2.CvtColor(view, blueFirst, ColorConversionCodes.RGB2BGR);
            using var input = InputArray.Create(image.Format == PixelFormat.RGB8 ? blueFirst : view);
            using var file = new VectorOfByte();
            NativeMethods.HandleException(
                NativeMethods.imgcodecs_imencode_vector(extension, input.CvPtr, file.CvPtr, parameters, parameters.Length, out int ok)
            );
            if (ok == 0)
                throw new InvalidOperationException(
                    $"OpenCV could not encode {image.Width}x{image.Height} {image.Format} pixels as {extension}"
                );
            destination(new ReadOnlySpan<byte>((void*)file.ElemPtr, checked((int)file.Size)));
        }
    }

    /// <summary>Takes the file's bytes, which are gone afterwards.</summary>
    private delegate void FileSink(ReadOnlySpan<byte> file);
}
