using ClipFusion.Camera;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.Foundation;
using ClipFusion.Imaging;

namespace ClipFusion.EdgeDaemon.Pictures;

/// <summary>A camera's frame as the method takes it.</summary>
internal static class FramePixels
{
    /// <summary>Hands a frame's pixels on; an encoded one is decoded first.</summary>
    /// <exception cref="ImageFormatException">The encoded picture can't be decoded.</exception>
    public static void Use(Frame frame, FrameAction use)
    {
        if (frame.Format == PixelFormat.Encoded)
            use(ImageCodec.DecodeStored(frame.Pixels, name: frame.FileName ?? $"frame {frame.Id}").View);
        else
            use(View(frame.Pixels, frame.Shape));
    }

    /// <summary>A frame's pixels, as they are.</summary>
    /// <param name="pixels">Its bytes.</param>
    /// <param name="shape">Their layout; not encoded.</param>
    /// <exception cref="ImageFormatException">They are encoded.</exception>
    public static ImageView View(ReadOnlySpan<byte> pixels, FrameShape shape) =>
        shape.Format == PixelFormat.Encoded
            ? throw new ImageFormatException($"frames in {shape.Format} are not pixels")
            : new(pixels, shape.Width, shape.Height, shape.Stride, shape.Format);

    /// <summary>What a verdict says of its frame.</summary>
    public static FrameRecord Describe(Frame frame) =>
        new(
            frame.Id,
            frame.Width,
            frame.Height,
            frame.Format.ToString(),
            frame.CapturedAt,
            frame.FileName,
            frame.File?.ModifiedAt,
            frame.PartId
        );

    /// <summary>What a verdict says of a file that gave no frame; null where there is no file.</summary>
    public static FrameRecord? Describe(FileStamp? file, DateTimeOffset now) =>
        file is null ? null : new(0, 0, 0, nameof(PixelFormat.Encoded), now, file.Name, file.ModifiedAt);
}

/// <summary>Does something with a frame that lives only as long as the call.</summary>
internal delegate void FrameAction(ImageView frame);
