using ClipFusion.Foundation;
using ClipFusion.Imaging;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;

namespace ClipFusion.Tests.Inspection;

/// <summary>Seeded pictures with structure and noise.</summary>
internal static class Pictures
{
    private const int Width = 80,
        Height = 60;

    /// <summary>The RGB bytes of picture <paramref name="number"/>.</summary>
    public static byte[] Bytes(int number)
    {
        var random = new Random(100 + number);
        var pixels = new byte[Width * Height * 3];
        for (int i = 0; i < pixels.Length; i++)
        {
            (int x, int y, int c) = (i / 3 % Width, i / 3 / Width, i % 3);
            double wave = 128 + 60 * Math.Sin(x / (7.0 + c) + number) + 40 * Math.Cos(y / (5.0 + 2 * c));
            bool defect = x is > 20 and < 30 && y > 10 + 3 * number && y < 20 + 3 * number;
            pixels[i] = (byte)Math.Clamp((defect ? 20 : wave) + random.Next(-12, 13), 0, 255);
        }

        return pixels;
    }

    /// <summary>A frame over <see cref="Bytes"/>.</summary>
    public static ImageView Frame(byte[] bytes) => new(bytes, Width, Height, 3 * Width, PixelFormat.RGB8);

    /// <summary>An inspector with the pictures of these numbers as references; none is zero-shot.</summary>
    public static Inspector Inspector(ModelPack pack, Recipe recipe, params int[] references)
    {
        Inspector inspector = ClipFusion.Inspection.Inspector.Create(pack, recipe, cancellation: TestContext.Current.CancellationToken);
        if (references.Length > 0)
            inspector.Enroll(
                references.Length,
                (i, use) => use(Frame(Bytes(references[i]))),
                cancellation: TestContext.Current.CancellationToken
            );
        return inspector;
    }
}
