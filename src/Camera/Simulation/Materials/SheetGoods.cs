using System.Numerics;
using static ClipFusion.Camera.Simulation.Noise;

namespace ClipFusion.Camera.Simulation.Materials;

/// <summary>The materials that fill the frame. Each is a colour per point of a unit square that repeats.</summary>
internal static class SheetGoods
{
    private const float Turn = 2 * MathF.PI;

    public static Surface BrushedMetal(int size, uint seed) =>
        Surface.Sheet(
            "brushed metal",
            size,
            (u, v) =>
            {
                float streaks = 9 * Value(u, v, 3, 400, seed) + 12 * Value(u, v, 9, 220, seed + 1) + 7 * Value(u, v, 24, 512, seed + 2);
                float sheen = 22 * MathF.Sin(Turn * v + 0.7f * Value(u, v, 2, 2, seed + 3));
                return new Vector3(158, 162, 168) + new Vector3(streaks + sheen);
            }
        );

    public static Surface WoodGrain(int size, uint seed)
    {
        var early = new Vector3(205, 162, 108);
        var late = new Vector3(139, 90, 48);
        return Surface.Sheet(
            "wood",
            size,
            (u, v) =>
            {
                float bend = 0.09f * Value(u, v, 2, 3, seed) + 0.02f * Value(u, v, 5, 9, seed + 1);
                float ring = 14 * (v + bend);
                ring -= MathF.Floor(ring);
                float grain = MathF.Pow(ring, 2.2f) * (1 - Step(0.93f, 1, ring));
                float fibre = 7 * Value(u, v, 12, 300, seed + 2) + 5 * Value(u, v, 30, 512, seed + 3);
                float pore = Step(0.62f, 0.85f, Value(u, v, 26, 330, seed + 4)) * (0.4f + 0.6f * ring);
                return Vector3.Lerp(early, late, grain) + new Vector3(fibre) - new Vector3(52, 44, 34) * pore;
            }
        );
    }

    public static Surface WovenFabric(int size, uint seed)
    {
        const int threads = 96;
        return Surface.Sheet(
            "woven fabric",
            size,
            (u, v) =>
            {
                float x = u * threads + 0.12f * Value(u, v, 12, 12, seed),
                    y = v * threads + 0.12f * Value(u, v, 12, 12, seed + 1);
                int warp = (int)MathF.Floor(x),
                    weft = (int)MathF.Floor(y);
                // Twill: the warp lies on top over two of four wefts, one further in each row.
                bool warpOnTop = (((warp + weft) % 4 + 4) % 4) < 2;
                float across = (warpOnTop ? x - warp : y - weft) - 0.5f,
                    along = (warpOnTop ? y - weft : x - warp) - 0.5f;
                float round = MathF.Sqrt(MathF.Max(0, 1 - 3.2f * across * across)) * (0.86f + 0.14f * MathF.Cos(MathF.PI * along));
                uint thread = Hash(
                    warpOnTop ? (warp % threads + threads) % threads : 0,
                    warpOnTop ? 0 : (weft % threads + threads) % threads,
                    seed + 2
                );
                float dye = 0.94f + 0.12f * (thread & 255) / 255f + 0.10f * Value(u, v, 256, 256, seed + 3);
                Vector3 colour = warpOnTop ? new Vector3(70, 96, 148) : new Vector3(112, 136, 176);
                return colour * (0.35f + 0.75f * round) * dye;
            }
        );
    }

    public static Surface Leather(int size, uint seed) =>
        Surface.Sheet(
            "leather",
            size,
            (u, v) =>
            {
                float wu = u + 0.006f * Value(u, v, 20, 20, seed),
                    wv = v + 0.006f * Value(u, v, 20, 20, seed + 1);
                (float coarseNear, float coarseSecond, uint cell) = Cells(wu, wv, 58, seed + 2);
                (float fineNear, float fineSecond, _) = Cells(wu, wv, 120, seed + 3);
                float crease = 1 - Step(0.02f, 0.26f, coarseSecond - coarseNear);
                float wrinkle = 1 - Step(0.0f, 0.22f, fineSecond - fineNear);
                float dome = 1 - 0.5f * coarseNear;
                float light =
                    0.62f
                    + 0.42f * dome
                    - 0.36f * crease
                    - 0.10f * wrinkle
                    + 0.05f * ((cell & 255) / 255f - 0.5f)
                    + 0.07f * Fractal(u, v, 4, 4, 3, seed + 4);
                return new Vector3(150, 92, 58) * light;
            }
        );

    public static Surface Terrazzo(int size, uint seed)
    {
        Vector3[] stones = [new(122, 76, 62), new(86, 92, 96), new(176, 148, 104), new(226, 222, 210), new(58, 60, 66), new(148, 158, 142)];
        return Surface.Sheet(
            "terrazzo",
            size,
            (u, v) =>
            {
                Vector3 colour = new Vector3(206, 202, 192) + new Vector3(10 * Fractal(u, v, 64, 64, 3, seed));
                for (int layer = 0; layer < 2; layer++)
                {
                    int n = layer == 0 ? 44 : 17;
                    uint s = seed + 10 + (uint)layer;
                    (float near, float second, uint cell) = Cells(
                        u + 0.003f * Value(u, v, 40, 40, s),
                        v + 0.003f * Value(u, v, 40, 40, s + 5),
                        n,
                        s
                    );
                    if (cell % 100 >= 62)
                        continue;
                    float inside = Step(0.05f, 0.05f + 0.0012f * n, second - near - 0.10f);
                    Vector3 stone =
                        stones[cell / 128 % (uint)stones.Length] * (0.92f + 0.16f * ((cell >> 20 & 255) / 255f))
                        + new Vector3(14 * Fractal(u, v, 80, 80, 3, s + 7));
                    colour = Vector3.Lerp(colour, stone, inside);
                }
                return colour;
            }
        );
    }

    public static Surface CeramicTile(int size, uint seed)
    {
        const int tiles = 4;
        return Surface.Sheet(
            "ceramic tile",
            size,
            (u, v) =>
            {
                float x = u * tiles,
                    y = v * tiles;
                int column = (int)x,
                    row = (int)y;
                float edge = Canvas.BoxDistance(x - column - 0.5f, y - row - 0.5f, 0.475f, 0.475f, 0.04f);
                float tone = 0.97f + 0.05f * (Hash(column, row, seed) & 255) / 255f;
                float glaze = 1 + 0.025f * Fractal(u, v, 12, 12, 4, seed + 1);
                // The glaze runs off towards the edge: light on the upper left, dark on the lower right.
                float bevel = Step(-0.06f, -0.005f, edge) * MathF.Sign(1 - (x - column) - (y - row));
                Vector3 tile = new Vector3(196, 208, 206) * tone * glaze + new Vector3(24 * bevel);
                Vector3 vein = tile - new Vector3(46, 40, 30) * (1 - Step(0, 0.05f, MathF.Abs(Fractal(u, v, 6, 6, 5, seed + 2))));
                Vector3 joint = new Vector3(112, 108, 102) + new Vector3(16 * Fractal(u, v, 128, 128, 3, seed + 3));
                return Vector3.Lerp(vein, joint, Step(-0.004f, 0.008f, edge));
            }
        );
    }
}
