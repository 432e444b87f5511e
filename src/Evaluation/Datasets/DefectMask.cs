using ClipFusion.Inspection.Imaging;

namespace ClipFusion.Evaluation.Datasets;

/// <summary>Where a picture shows a defect.</summary>
/// <param name="Width">Pixels in a row.</param>
/// <param name="Height">Rows.</param>
/// <param name="Defect">Height x Width flags, row-major.</param>
public sealed record DefectMask(int Width, int Height, bool[] Defect)
{
    /// <summary>Reads a mask file: every pixel above 0 in some channel is a defect.</summary>
    /// <param name="path">A picture file.</param>
    /// <exception cref="ImageFormatException">It is none.</exception>
    public static DefectMask Read(string path)
    {
        DecodedImage image = ImageCodec.DecodeStored(path);
        int bytes = image.Header.Pixels.BytesPerPixel();
        bool[] defect = new bool[image.Header.Width * image.Header.Height];
        for (int i = 0; i < defect.Length; i++) defect[i] = image.Pixels.AsSpan(i * bytes, bytes).ContainsAnyExcept((byte)0);
        return new DefectMask(image.Header.Width, image.Header.Height, defect);
    }

    /// <summary>A part of the mask at another size, by nearest neighbour: pixel i is taken from floor((i + 0.5) x scale).</summary>
    /// <param name="part">The part, inside the mask.</param>
    /// <param name="height">Rows wanted.</param>
    /// <param name="width">Columns wanted.</param>
    /// <param name="destination">Receives height x width flags.</param>
    public void Resize(Region part, int height, int width, Span<bool> destination)
    {
        part.EnsureInside(Width, Height);
        for (int y = 0; y < height; y++)
        {
            ReadOnlySpan<bool> row = Defect.AsSpan(((part.Y + Source(y, part.Height, height)) * Width) + part.X, part.Width);
            for (int x = 0; x < width; x++) destination[(y * width) + x] = row[Source(x, part.Width, width)];
        }
    }

    /// <summary>floor((i + 0.5) x from / to) without rounding.</summary>
    private static int Source(int i, int from, int to) => (int)(((2L * i) + 1) * from / (2L * to));
}
