using System.Buffers;
using ClipFusion.Camera;
using ClipFusion.Foundation;
using ClipFusion.Imaging;

namespace ClipFusion.EdgeDaemon.Pictures;

/// <summary>
/// Frames as files for the archive, without loss: image files stay as they came to the byte; pixels become PNG. For one thread.
/// </summary>
/// <remarks>
/// Deep grey keeps its values in 16-bit samples. Mosaics are stored in colour, as the method sees them: any program shows the file, and
/// judged again it gives the same. Alpha is dropped, as the method does. The file's own text says whose it is and what the camera's pixel
/// format was.
/// </remarks>
internal sealed class FrameFile
{
    /// <summary>Text of the archive's PNG files: the camera's pixel format.</summary>
    public const string FormatKeyword = "PixelFormat";

    private const int FastCompression = 1;

    private readonly ArrayBufferWriter<byte> _plain = new(),
        _file = new();
    private PixelBuffer _rgb;

    /// <summary>The file of a frame.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="suffix">End of its name.</param>
    /// <returns>Valid until the next call, or the frame is given back.</returns>
    public ReadOnlySpan<byte> Of(KeptFrame frame, out string suffix) =>
        Of(frame.Bytes, frame.Shape, frame.Verdict.Inspection.Id, out suffix);

    /// <summary>The file of a frame.</summary>
    /// <param name="bytes">The camera's pixels, or the bytes of an image file.</param>
    /// <param name="shape">Their layout.</param>
    /// <param name="inspectionId">Whose it is.</param>
    /// <param name="suffix">End of its name.</param>
    /// <returns>Valid until the next call; of an image file the bytes themselves.</returns>
    public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> bytes, FrameShape shape, string inspectionId, out string suffix)
    {
        if (shape.Format == PixelFormat.Encoded)
        {
            suffix = SuffixOf(bytes);
            return bytes;
        }

        suffix = ".png";
        ImageView pixels = FramePixels.View(bytes, shape);
        if (pixels.Format.IsBayer() || pixels.Format is PixelFormat.RGBa8 or PixelFormat.BGRa8)
        {
            Span<byte> rgb = _rgb.Of(RgbImage.ByteCount(pixels.Width, pixels.Height));
            PixelConverter.ToRgb(pixels, rgb);
            pixels = new ImageView(rgb, pixels.Width, pixels.Height, pixels.Width * 3, PixelFormat.RGB8);
        }

        _plain.ResetWrittenCount();
        _file.ResetWrittenCount();
        ImageCodec.EncodePng(pixels, _plain, FastCompression);
        ImageComment.AddToPng(
            _plain.WrittenSpan,
            [(ImageComment.CommentKeyword, inspectionId), (FormatKeyword, shape.Format.ToString())],
            _file
        );
        return _file.WrittenSpan;
    }

    /// <summary>By the first bytes, because nobody vouches for a file's name; <c>.bin</c> for what is no image.</summary>
    internal static string SuffixOf(ReadOnlySpan<byte> file) =>
        file switch
        {
            [0x89, (byte)'P', (byte)'N', (byte)'G', ..] => ".png",
            [0xFF, 0xD8, 0xFF, ..] => ".jpg",
            [(byte)'B', (byte)'M', ..] => ".bmp",
            [(byte)'I', (byte)'I', 42, 0, ..] or [(byte)'M', (byte)'M', 0, 42, ..] => ".tif",
            _ => ".bin",
        };
}
