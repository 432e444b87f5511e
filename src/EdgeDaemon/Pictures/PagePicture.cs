using System.Buffers;
using ClipFusion.Imaging;

namespace ClipFusion.EdgeDaemon.Pictures;

/// <summary>An inspection's pictures for the page: frame and overlay as JPEG of one size, so that one can be laid on the other. For one
/// thread.</summary>
/// <param name="picture">Draws.</param>
internal sealed class PagePicture(FramePicture picture)
{
    private const int Quality = 85;

    private readonly ArrayBufferWriter<byte> _file = new();

    /// <summary>The pictures; their memory is new, because the page may send them at any time later.</summary>
    public ShownInspection Of(KeptFrame frame)
    {
        ImageView pixels;
        try
        {
            pixels = picture.Pixels(frame);
        }
        catch (ImageFormatException)
        {
            return new ShownInspection(frame.Verdict, default, default);
        }

        int width = Math.Min(pixels.Width, StationGallery.MaximumWidth),
            height = Math.Max(1, (int)((long)pixels.Height * width / pixels.Width));
        ImageView rgb = picture.Shrunk(pixels, frame.Recipe.Method, Math.Max(width, height));
        ReadOnlyMemory<byte> plain = Jpeg(rgb);
        return new ShownInspection(
            frame.Verdict,
            plain,
            frame.Map is null ? default : Jpeg(picture.Overlay(rgb, frame, pixels.Width, pixels.Height, withBar: false))
        );
    }

    private byte[] Jpeg(ImageView rgb)
    {
        _file.ResetWrittenCount();
        ImageCodec.EncodeJpeg(rgb, _file, Quality);
        return _file.WrittenSpan.ToArray();
    }
}
