using System.Buffers.Binary;
using System.Text;
using ClipFusion.Camera;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Pictures;
using ClipFusion.EdgeDaemon.Recipes;
using ClipFusion.Foundation;
using ClipFusion.Imaging;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Maps;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Tests.EdgeDaemon.Delivery;

namespace ClipFusion.Tests.EdgeDaemon.Pictures;

/// <summary>Frames, maps and recipes to make pictures of.</summary>
internal static class PictureSamples
{
    public const int MapSide = 240;

    public static StationRecipe Recipe { get; } =
        new()
        {
            Number = 7,
            Name = "board",
            Method = ClipFusion.Inspection.Recipes.Recipe.Default("board"),
        };

    /// <summary>The same recipe, with a map threshold for the profile of <see cref="Samples.Judged"/>.</summary>
    public static StationRecipe RecipeWithThreshold(double threshold) =>
        Recipe with
        {
            MapThresholds = ProfileTable.Empty.With(Profile.PatchClip, threshold, null),
        };

    /// <summary>A frame of noise; deep grey stays in its range.</summary>
    public static Frame Frame(int width, int height, PixelFormat format, int seed = 1)
    {
        Frame frame = new FramePool(1, 1 << 28).TryRent(FrameShape.Packed(width, height, format))!;
        new Random(seed).NextBytes(frame.Pixels);
        int most = format switch
        {
            PixelFormat.Mono10 => 1023,
            PixelFormat.Mono12 => 4095,
            _ => ushort.MaxValue,
        };
        if (most < ushort.MaxValue)
        {
            for (int i = 0; i < frame.Pixels.Length; i += 2)
                BinaryPrimitives.WriteUInt16LittleEndian(
                    frame.Pixels[i..],
                    (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(frame.Pixels[i..]) & most)
                );
        }

        frame.Stamp(42, Samples.Noon, 0);
        return frame;
    }

    /// <summary>An image file as a folder's camera hands it out.</summary>
    public static Frame File(ReadOnlySpan<byte> file)
    {
        Frame frame = new FramePool(1, 1 << 28).TryRent(FrameShape.Encoded(file.Length))!;
        file.CopyTo(frame.Pixels);
        frame.Stamp(42, Samples.Noon, 0);
        return frame;
    }

    /// <summary>A map with a hot spot.</summary>
    public static PooledAnomalyMap Map(Region covered, float normal = 0.1f, float hot = 0.9f)
    {
        var map = new AnomalyMap(MapSide, MapSide);
        Array.Fill(map.Values, normal);
        for (int y = 100; y < 120; y++)
            map.Values.AsSpan((y * MapSide) + 100, 20).Fill(hot);
        return PooledAnomalyMap.Of(map, covered);
    }

    public static VerdictRecord Verdict(
        Verdict verdict = ClipFusion.EdgeDaemon.Domain.Verdict.Ng,
        long sequence = 1,
        IReadOnlyList<RegionRecord>? regions = null
    ) => Samples.Judged(Samples.Accepted(sequence), verdict) with { Regions = regions ?? [] };

    /// <summary>A judged frame, ready to be made pictures of.</summary>
    public static KeptFrame Kept(
        Frame frame,
        PooledAnomalyMap? map,
        VerdictRecord? verdict = null,
        StationRecipe? recipe = null,
        IgnoreMask? ignore = null,
        NormalLevels? levels = null
    )
    {
        var kept = new KeptFrame();
        kept.Take(
            new PictureSource(verdict ?? Verdict(), frame, map, recipe ?? Recipe, ignore, levels ?? NormalLevels.Unknown),
            PictureUses.Archive | PictureUses.Heatmap,
            0
        );
        return kept;
    }

    /// <summary>Whether a file's bytes contain a text, as comments do.</summary>
    public static bool Says(ReadOnlySpan<byte> file, string text) => file.IndexOf(Encoding.ASCII.GetBytes(text)) >= 0;
}
