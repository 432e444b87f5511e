namespace ClipFusion.Camera.Simulation.Materials;

/// <summary>Makes a material's surface.</summary>
internal static class Surfaces
{
    /// <param name="material">What.</param>
    /// <param name="size">Width and height in texels, a power of two.</param>
    /// <param name="seed">Same seed, same texels.</param>
    public static Surface Make(Material material, int size, uint seed) =>
        material switch
        {
            Material.BrushedMetal => SheetGoods.BrushedMetal(size, seed),
            Material.WoodGrain => SheetGoods.WoodGrain(size, seed),
            Material.WovenFabric => SheetGoods.WovenFabric(size, seed),
            Material.Leather => SheetGoods.Leather(size, seed),
            Material.Terrazzo => SheetGoods.Terrazzo(size, seed),
            Material.CeramicTile => SheetGoods.CeramicTile(size, seed),
            Material.CastMetal => Objects.CastMetal(size, seed),
            Material.CircuitBoard => Objects.CircuitBoard(size, seed),
            Material.PrintedLabel => Objects.PrintedLabel(size, seed),
            Material.BlisterPack => Objects.BlisterPack(size, seed),
            _ => throw new ArgumentOutOfRangeException(nameof(material), material, "not a known material"),
        };

    /// <summary>The belt under the objects: dark rubber, repeating.</summary>
    public static Surface Belt(int size, uint seed) =>
        Surface.Sheet(
            "belt",
            size,
            (u, v) =>
            {
                float weave = MathF.Sin(u * 256 * MathF.PI) * MathF.Sin(v * 256 * MathF.PI);
                return new System.Numerics.Vector3(46, 50, 54)
                    + new System.Numerics.Vector3(4 * weave + 6 * Noise.Fractal(u, v, 8, 8, 5, seed));
            }
        );
}
