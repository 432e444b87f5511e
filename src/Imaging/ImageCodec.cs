using System.Buffers;
using ClipFusion.Foundation;
using ClipFusion.Foundation.Files;
using OpenCvSharp;

namespace ClipFusion.Imaging;

/// <summary>
/// Picture files to pixels. Made for files from anywhere: the kind is told by the content, sizes are bounded before anything is decoded,
/// and a file that is cut off or damaged is an error, never half a picture. Alpha is dropped, EXIF orientation ignored, palettes and CMYK
/// become RGB, and 16-bit colour is mapped linearly to 8 bits as 16-bit grey is.
/// </summary>
/// <remarks>
/// libjpeg fills in what JPEG data lack and only warns, to nobody: before it decodes, every code is counted here (<see cref="JpegScans"/>).
/// What can't be told: data that were changed into other valid codes. JPEG pixels are libjpeg-turbo's, as Pillow's are.
/// </remarks>
public static partial class ImageCodec
{
    /// <summary>Decodes a file to RGB.</summary>
    /// <param name="path">The file; its extension does not matter.</param>
    /// <param name="limits">Bounds; null is <see cref="DecodeLimits.Default"/>.</param>
    /// <exception cref="ImageFormatException">Not a usable picture; the message names the file and what was found.</exception>
    /// <exception cref="IOException">The file is missing or can't be read.</exception>
    /// <exception cref="DllNotFoundException">OpenCV is missing (<see cref="ImagingNative"/>).</exception>
    public static RgbImage Decode(string path, DecodeLimits? limits = null) => DecodeStored(path, limits).ToRgb();

    /// <summary>Decodes the bytes of a file to RGB.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="limits">Bounds; null is <see cref="DecodeLimits.Default"/>.</param>
    /// <param name="name">What to call the file in errors.</param>
    /// <exception cref="ImageFormatException">Not a usable picture.</exception>
    public static RgbImage Decode(ReadOnlySpan<byte> file, DecodeLimits? limits = null, string name = "picture") =>
        DecodeStored(file, limits, name).ToRgb();

    /// <summary>Decodes a file and keeps grey as it is stored.</summary>
    /// <inheritdoc cref="Decode(string, DecodeLimits?)"/>
    public static DecodedImage DecodeStored(string path, DecodeLimits? limits = null) =>
        WithBytes(path, limits, static (file, limits, name) => DecodeStored(file, limits, name));

    /// <summary>Decodes the bytes of a file and keeps grey as it is stored.</summary>
    /// <inheritdoc cref="Decode(ReadOnlySpan{byte}, DecodeLimits?, string)"/>
    public static DecodedImage DecodeStored(ReadOnlySpan<byte> file, DecodeLimits? limits = null, string name = "picture")
    {
        ImageHeader header = ReadHeader(file, limits, name);
        byte[] pixels = new byte[checked(header.Width * header.Height * header.Pixels.BytesPerPixel())];
        DecodePixels(file, header, pixels, name);
        return new DecodedImage(header, pixels);
    }

    /// <summary>Checks that a file is whole and within the limits, and reads its sizes; decodes nothing and does not need OpenCV.</summary>
    /// <inheritdoc cref="Decode(ReadOnlySpan{byte}, DecodeLimits?, string)"/>
    public static ImageHeader ReadHeader(ReadOnlySpan<byte> file, DecodeLimits? limits = null, string name = "picture")
    {
        try
        {
            return ImageHeaders.Read(file, limits ?? DecodeLimits.Default);
        }
        catch (ImageFormatException e)
        {
            throw new ImageFormatException($"{name}: {e.Message}", e) { Problem = e.Problem };
        }
    }

    /// <summary>Checks that a file is whole and within the limits, and reads its sizes; decodes nothing and does not need OpenCV.</summary>
    /// <inheritdoc cref="Decode(string, DecodeLimits?)"/>
    public static ImageHeader ReadHeader(string path, DecodeLimits? limits = null) =>
        WithBytes(path, limits, static (file, limits, name) => ReadHeader(file, limits, name));

    /// <summary>Decodes into memory of the caller; allocates nothing of the picture's size on the managed heap.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="header">What <see cref="ReadHeader(ReadOnlySpan{byte}, DecodeLimits?, string)"/> returned for it.</param>
    /// <param name="destination">Receives height x width tightly packed pixels in the header's format; may be longer.</param>
    /// <param name="name">What to call the file in errors.</param>
    /// <exception cref="ArgumentException">The destination is too short.</exception>
    /// <exception cref="ImageFormatException">The decoder can't make the promised picture of it.</exception>
    public static void DecodePixels(ReadOnlySpan<byte> file, ImageHeader header, Span<byte> destination, string name = "picture")
    {
        ArgumentNullException.ThrowIfNull(header);
        ImagingNative.EnsureLoaded();
        int row = header.Width * header.Pixels.BytesPerPixel();
        if (destination.Length < (long)row * header.Height)
            throw new ArgumentException(
                $"{header.Width}x{header.Height} {header.Pixels} pixels need {(long)row * header.Height} bytes, {destination.Length} given",
                nameof(destination)
            );
        CheckData(file, header, name);
        bool grey = header.Pixels != PixelFormat.RGB8;
        ImreadModes modes =
            ImreadModes.IgnoreOrientation
            | (grey ? ImreadModes.Grayscale : ImreadModes.Color)
            | (header.BitsPerSample == 16 ? ImreadModes.AnyDepth : 0);
        Mat decoded;
        try
        {
            decoded = Cv2.ImDecode(file, modes);
        }
        catch (OpenCVException e)
        {
            throw new ImageFormatException($"{name}: the {header.Format} decoder failed: {e.Message}", e);
        }

        using (decoded)
        {
            MatType expected = MatType.MakeType(header.BitsPerSample == 16 ? MatType.CV_16U : MatType.CV_8U, grey ? 1 : 3);
            if (decoded.Empty())
                throw new ImageFormatException($"{name}: the {header.Format} decoder can't read it (damaged data)");
            if (decoded.Width != header.Width || decoded.Height != header.Height || decoded.Type() != expected)
                throw new ImageFormatException(
                    $"{name}: the header says {header.Width}x{header.Height} {expected}, the decoder made "
                        + $"{decoded.Width}x{decoded.Height} {decoded.Type()}"
                );
            Copy(decoded, header, destination, row);
        }
    }

    private static void CheckData(ReadOnlySpan<byte> file, ImageHeader header, string name)
    {
        if (header.Format != ImageFileFormat.Jpeg)
            return;
        try
        {
            JpegStructure.CheckData(file);
        }
        catch (ImageFormatException e)
        {
            throw new ImageFormatException($"{name}: {e.Message}", e);
        }
    }

    private static T WithBytes<T>(string path, DecodeLimits? limits, BytesReader<T> read)
    {
        limits ??= DecodeLimits.Default;
        using var handle = RegularFile.Open(path);
        long length = RandomAccess.GetLength(handle);
        if (length > limits.MaxFileBytes)
            throw new ImageFormatException($"{path}: {length} bytes, more than the limit of {limits.MaxFileBytes}");
        byte[] buffer = ArrayPool<byte>.Shared.Rent((int)Math.Max(length, 1));
        try
        {
            int filled = 0;
            for (int count = 1; count > 0 && filled < length; filled += count)
                count = RandomAccess.Read(handle, buffer.AsSpan(filled, (int)length - filled), filled);
            return read(buffer.AsSpan(0, filled), limits, path);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static unsafe void Copy(Mat decoded, ImageHeader header, Span<byte> destination, int row)
    {
        GreyLevels full = GreyLevels.FullRange(PixelFormat.Mono16);
        for (int y = 0; y < header.Height; y++)
        {
            Span<byte> target = destination.Slice(y * row, row);
            void* source = (void*)decoded.Ptr(y);
            if (header.Pixels != PixelFormat.RGB8)
                new ReadOnlySpan<byte>(source, row).CopyTo(target);
            else if (header.BitsPerSample < 16)
                PixelRows.ToRgb(new ReadOnlySpan<byte>(source, row), PixelFormat.BGR8, target);
            else
                DeepColour(new ReadOnlySpan<ushort>(source, row), full, target);
        }
    }

    private static void DeepColour(ReadOnlySpan<ushort> bgr, GreyLevels levels, Span<byte> rgb)
    {
        for (int x = 0; x < rgb.Length; x += 3)
            (rgb[x], rgb[x + 1], rgb[x + 2]) = (levels.Map(bgr[x + 2]), levels.Map(bgr[x + 1]), levels.Map(bgr[x]));
    }

    private delegate T BytesReader<T>(ReadOnlySpan<byte> file, DecodeLimits limits, string name);
}
