using ClipFusion.Foundation;

namespace ClipFusion.Imaging;

/// <summary>A decoded file that owns its memory, with grey kept as grey: Mono8, Mono16 (so that black and white levels can still be chosen)
/// or Rgb8.</summary>
/// <param name="Header">What the file said about itself.</param>
/// <param name="Pixels">Tightly packed pixels in the header's format.</param>
public sealed record DecodedImage(ImageHeader Header, byte[] Pixels)
{
    /// <summary>The picture as a view.</summary>
    public ImageView View => new(Pixels, Header.Width, Header.Height, Header.Width * Header.Pixels.BytesPerPixel(), Header.Pixels);

    /// <summary>The picture as RGB; deep grey is mapped by <paramref name="levels"/>, its full range by default.</summary>
    public RgbImage ToRgb(GreyLevels? levels = null) =>
        Header.Pixels == PixelFormat.RGB8 ? new RgbImage(Header.Width, Header.Height, Pixels) : PixelConverter.ToRgb(View, null, levels);
}
