using ClipFusion.Imaging;

namespace ClipFusion.TestSupport;

/// <summary>A small picture of noise, the same for the same seed.</summary>
public static class NoisePicture
{
    public static RgbImage Create(int seed, int width = 96, int height = 72)
    {
        var picture = new RgbImage(width, height);
        new Random(seed).NextBytes(picture.Pixels);
        return picture;
    }

    /// <summary>Writes it as PNG.</summary>
    public static void Write(string path, int seed, int width = 96, int height = 72)
    {
        using FileStream file = File.Create(path);
        ImageCodec.EncodePng(Create(seed, width, height).View, file);
    }
}
