using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;

namespace ClipFusion.Inspection;

/// <summary>Features of reference images on their way into banks.</summary>
internal sealed class ReferenceRows(PackManifest manifest, Recipe recipe)
{
    private readonly List<ReferenceFeatures>[] _clip = [.. manifest.Clip.Blocks.Select(_ => new List<ReferenceFeatures>())];
    private readonly List<ReferenceFeatures>[] _diffusion = [.. recipe.TimestepBlocks.Select(_ => new List<ReferenceFeatures>())];

    public void AddClip(float[][] perBlock, Func<int, bool[]?> ignored)
    {
        for (int i = 0; i < perBlock.Length; i++) _clip[i].Add(new ReferenceFeatures(perBlock[i], ignored(manifest.Clip.GridSize)));
    }

    public void AddDiffusion(float[][] perPair, Func<int, bool[]?> ignored)
    {
        for (int i = 0; i < perPair.Length; i++) _diffusion[i].Add(new ReferenceFeatures(perPair[i], ignored(Decoder(i).GridSize)));
    }

    /// <summary>The banks of what was added, thinned out as the recipe says.</summary>
    /// <param name="parallelism">Threads that choose a coreset.</param>
    /// <param name="cancellation">Ends the choice.</param>
    public ReferenceBanks ToBanks(int parallelism, CancellationToken cancellation)
    {
        int images = Math.Max(_clip.Max(c => c.Count), _diffusion.Max(d => d.Count));
        return new ReferenceBanks(
            images,
            _clip[0].Count == 0 ? [] : [.. _clip.Select(c => Bank(c, manifest.Clip.Width))],
            _diffusion[0].Count == 0 ? [] : [.. _diffusion.Select((d, i) => Bank(d, Decoder(i).Channels))]);

        MemoryBank Bank(List<ReferenceFeatures> images, int dimension) => MemoryBank.CreateCoreset(images, dimension, recipe.Coreset, parallelism, cancellation);
    }

    private DecoderBlock Decoder(int pair) => manifest.Diffusion.Decoder[recipe.TimestepBlocks[pair].Block];
}
