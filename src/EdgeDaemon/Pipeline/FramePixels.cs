using ClipFusion.Camera;
using ClipFusion.EdgeDaemon.Inspections;
using ClipFusion.Inspection.Imaging;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>A camera's frame as the method takes it.</summary>
internal static class FramePixels
{
    /// <summary>Hands a frame's pixels on; an encoded one is decoded first.</summary>
    /// <exception cref="ImageFormatException">The encoded picture can't be decoded.</exception>
    public static void Use(Frame frame, FrameAction use)
    {
        if (frame.Format == Camera.PixelFormat.Encoded) use(ImageCodec.DecodeStored(frame.Pixels, name: frame.FileName ?? $"frame {frame.Id}").View);
        else use(View(frame.Pixels, frame.Shape));
    }

    /// <summary>A frame's pixels, as they are.</summary>
    /// <param name="pixels">Its bytes.</param>
    /// <param name="shape">Their layout; not encoded.</param>
    public static ImageView View(ReadOnlySpan<byte> pixels, FrameShape shape) => new(pixels, shape.Width, shape.Height, shape.Stride, Format(shape.Format));

    /// <summary>What a verdict says of its frame.</summary>
    public static FrameRecord Describe(Frame frame) =>
        new(frame.Id, frame.Width, frame.Height, frame.Format.ToString(), frame.CapturedAt, frame.FileName, frame.File?.ModifiedAt, frame.PartId);

    /// <summary>What a verdict says of a file that gave no frame; null where there is no file.</summary>
    public static FrameRecord? Describe(FileStamp? file, DateTimeOffset now) =>
        file is null ? null : new(0, 0, 0, nameof(Camera.PixelFormat.Encoded), now, file.Name, file.ModifiedAt);

    private static Inspection.Imaging.PixelFormat Format(Camera.PixelFormat format) => format switch
    {
        Camera.PixelFormat.Mono8 => Inspection.Imaging.PixelFormat.Mono8,
        Camera.PixelFormat.Mono10 => Inspection.Imaging.PixelFormat.Mono10,
        Camera.PixelFormat.Mono12 => Inspection.Imaging.PixelFormat.Mono12,
        Camera.PixelFormat.Mono16 => Inspection.Imaging.PixelFormat.Mono16,
        Camera.PixelFormat.RGB8 => Inspection.Imaging.PixelFormat.Rgb8,
        Camera.PixelFormat.BGR8 => Inspection.Imaging.PixelFormat.Bgr8,
        Camera.PixelFormat.RGBa8 => Inspection.Imaging.PixelFormat.Rgba8,
        Camera.PixelFormat.BGRa8 => Inspection.Imaging.PixelFormat.Bgra8,
        Camera.PixelFormat.BayerRG8 => Inspection.Imaging.PixelFormat.BayerRG8,
        Camera.PixelFormat.BayerGB8 => Inspection.Imaging.PixelFormat.BayerGB8,
        Camera.PixelFormat.BayerGR8 => Inspection.Imaging.PixelFormat.BayerGR8,
        Camera.PixelFormat.BayerBG8 => Inspection.Imaging.PixelFormat.BayerBG8,
        _ => throw new ImageFormatException($"frames in {format} are not pixels"),
    };
}

/// <summary>Does something with a frame that lives only as long as the call.</summary>
internal delegate void FrameAction(ImageView frame);
