using System.Numerics;

namespace ClipFusion.Camera.Simulation;

/// <summary>A part that the object consists of: where it sits in the surface's unit square and what people call it.</summary>
internal readonly record struct SurfaceFeature(string Name, float U, float V, float HalfWidth, float HalfHeight);

/// <summary>What a material looks like: a square picture of it, made once and sampled for every part.</summary>
internal sealed class Surface
{
    private Surface(string name, int size, uint[] texels, uint[] bare, bool repeats, SurfaceFeature[] features) =>
        (Name, Size, Texels, Bare, Repeats, Features) = (name, size, texels, bare, repeats, features);

    /// <summary>How captions call it.</summary>
    public string Name { get; }

    /// <summary>Width and height, a power of two.</summary>
    public int Size { get; }

    /// <summary>The picture, row by row, packed as <see cref="Texel"/> says. Transparent where the belt shows, with colours multiplied by
    /// alpha.</summary>
    public uint[] Texels { get; }

    /// <summary>The same without its features.</summary>
    public uint[] Bare { get; }

    /// <summary>Sheet goods repeat without end and are cut anywhere; objects lie in the middle.</summary>
    public bool Repeats { get; }

    /// <summary>What can be missing or misplaced.</summary>
    public IReadOnlyList<SurfaceFeature> Features { get; }

    /// <summary>Whether this can be wrong with this material.</summary>
    public bool CanHave(DefectKind kind) => kind != DefectKind.MissingPart || Features.Count > 0;

    /// <summary>Sheet goods from a colour per point of the unit square, channels 0..255.</summary>
    public static Surface Sheet(string name, int size, Func<float, float, Vector3> colour)
    {
        var texels = new uint[size * size];
        for (int y = 0; y < size; y++)
        {
            for (int x = 0; x < size; x++)
                texels[y * size + x] = Texel.Pack(colour((x + 0.5f) / size, (y + 0.5f) / size));
        }
        return new Surface(name, size, texels, texels, repeats: true, []);
    }

    /// <summary>An object drawn in two steps: what is always there, then its features.</summary>
    public static Surface Object(
        string name,
        int size,
        Action<Canvas> drawBare,
        SurfaceFeature[] features,
        Action<Canvas, SurfaceFeature> drawFeature
    )
    {
        var canvas = new Canvas(size);
        drawBare(canvas);
        uint[] bare = canvas.Premultiplied();
        foreach (SurfaceFeature feature in features)
            drawFeature(canvas, feature);
        return new Surface(name, size, canvas.Premultiplied(), bare, repeats: false, features);
    }
}
