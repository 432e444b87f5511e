using ClipFusion.Evaluation.Datasets;
using ClipFusion.Imaging;

namespace ClipFusion.Evaluation.Protocol;

/// <summary>The edge of a mask on a picture: a light line just outside the defect, so that nothing of it is hidden, with a dark one around
/// it, so that it reads on any picture.</summary>
internal static class MaskOutline
{
    /// <summary>Draws it.</summary>
    /// <param name="mask">The mask, of any size.</param>
    /// <param name="picture">The same view at any size.</param>
    public static void Draw(DefectMask mask, RgbImage picture)
    {
        bool[] defect = new bool[picture.Width * picture.Height];
        // A cell is marked where any of its pixels is, so that thin defects don't vanish in a small picture.
        for (int y = 0; y < mask.Height; y++)
        for (int x = 0; x < mask.Width; x++)
            if (mask.Defect[(y * mask.Width) + x])
                defect[((int)((long)y * picture.Height / mask.Height) * picture.Width) + (int)((long)x * picture.Width / mask.Width)] =
                    true;
        bool[] light = Around(defect, picture.Width, picture.Height);
        bool[] dark = Around([.. defect.Zip(light, (d, l) => d || l)], picture.Width, picture.Height);
        for (int i = 0; i < defect.Length; i++)
        {
            if (light[i])
                (picture.Pixels[3 * i], picture.Pixels[(3 * i) + 1], picture.Pixels[(3 * i) + 2]) = (64, 255, 255);
            else if (dark[i])
                picture.Pixels.AsSpan(3 * i, 3).Clear();
        }
    }

    /// <summary>What is not marked and touches what is.</summary>
    private static bool[] Around(bool[] marked, int width, int height)
    {
        bool[] around = new bool[marked.Length];
        for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            around[(y * width) + x] =
                !marked[(y * width) + x]
                && (
                    (x > 0 && marked[(y * width) + x - 1])
                    || (x + 1 < width && marked[(y * width) + x + 1])
                    || (y > 0 && marked[((y - 1) * width) + x])
                    || (y + 1 < height && marked[((y + 1) * width) + x])
                );
        return around;
    }
}
