using System.Runtime.InteropServices;
using ClipFusion.Foundation;
using ClipFusion.Imaging;

namespace ClipFusion.Evaluation.Datasets;

/// <summary>Where a picture shows a defect.</summary>
/// <param name="Width">Pixels in a row.</param>
/// <param name="Height">Rows.</param>
/// <param name="Defect">Height x Width flags, row-major.</param>
public sealed record DefectMask(int Width, int Height, bool[] Defect)
{
    /// <summary>JPEG is lossy: beside an edge it makes values of its own, in an empty mask up to this one.</summary>
    private const int JpegNoise = 16;

    /// <summary>Share of the pixels, 0..1, whose value is neither 0 nor the file's largest; of a JPEG those in the middle half between
    /// them.</summary>
    public double Between { get; private init; }

    /// <summary>Whether a file of it is a JPEG, of which pixels above half of the largest value are defects.</summary>
    public bool IsLossy { get; private init; }

    /// <summary>Share of the pixels that are marked, 0..1.</summary>
    public double Covered => (double)Defect.AsSpan().Count(true) / Math.Max(1, Defect.Length);

    /// <summary>Reads a mask file: every pixel above 0 in some channel is a defect; of a JPEG every pixel above half of the largest
    /// value.</summary>
    /// <param name="path">A picture file.</param>
    /// <exception cref="ImageFormatException">It is none.</exception>
    public static DefectMask Read(string path)
    {
        DecodedImage image = ImageCodec.DecodeStored(path);
        int[] levels = Levels(image);
        int most = levels.Length > 0 ? levels.Max() : 0;
        bool lossy = image.Header.Format == ImageFileFormat.Jpeg;
        int above =
            !lossy ? 0
            : most <= JpegNoise ? most
            : most / 2;
        int between = levels.Count(l => lossy ? l > most / 4 && l < most - (most / 4) : l > 0 && l < most);
        return new DefectMask(image.Header.Width, image.Header.Height, Array.ConvertAll(levels, l => l > above))
        {
            Between = lossy && most <= JpegNoise ? 0 : (double)between / Math.Max(1, levels.Length),
            IsLossy = lossy,
        };
    }

    /// <summary>Reads the files of one mask; a pixel is a defect where it is in any.</summary>
    /// <param name="paths">At least one picture file.</param>
    /// <exception cref="ImageFormatException">One is none, or they differ in size.</exception>
    public static DefectMask Read(IReadOnlyList<string> paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        DefectMask mask = Read(paths[0]);
        foreach (string path in paths.Skip(1))
        {
            DefectMask other = Read(path);
            if (other.Width != mask.Width || other.Height != mask.Height)
                throw new ImageFormatException(
                    $"{path}: {other.Width}x{other.Height} pixels, {Path.GetFileName(paths[0])} of the same mask has "
                        + $"{mask.Width}x{mask.Height}"
                );
            mask = new DefectMask(mask.Width, mask.Height, [.. mask.Defect.Zip(other.Defect, (a, b) => a || b)])
            {
                Between = Math.Max(mask.Between, other.Between),
                IsLossy = mask.IsLossy || other.IsLossy,
            };
        }

        return mask;
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
            for (int x = 0; x < width; x++)
                destination[(y * width) + x] = row[Source(x, part.Width, width)];
        }
    }

    /// <summary>floor((i + 0.5) x from / to) without rounding.</summary>
    private static int Source(int i, int from, int to) => (int)(((2L * i) + 1) * from / (2L * to));

    /// <summary>The largest channel of each pixel.</summary>
    private static int[] Levels(DecodedImage image)
    {
        int bytes = image.Header.Pixels.BytesPerPixel();
        int[] levels = new int[image.Header.Width * image.Header.Height];
        if (image.Header.Pixels == PixelFormat.Mono16)
        {
            ReadOnlySpan<ushort> grey = MemoryMarshal.Cast<byte, ushort>(image.Pixels);
            for (int i = 0; i < levels.Length; i++)
                levels[i] = grey[i];
            return levels;
        }

        for (int i = 0; i < levels.Length; i++)
            foreach (byte channel in image.Pixels.AsSpan(i * bytes, bytes))
                levels[i] = Math.Max(levels[i], channel);
        return levels;
    }
}
