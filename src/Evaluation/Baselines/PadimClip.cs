using ClipFusion.Evaluation.Methods;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;

namespace ClipFusion.Evaluation.Baselines;

/// <summary>PaDiM's features of the CLIP tower: patch tokens of the original stream as they leave the pack's blocks, side by
/// side.</summary>
internal sealed class PadimClip : IPatchSource
{
    private readonly ClipImages _images;
    private readonly string[] _outputs;
    private readonly int[] _channels;
    private readonly ClipPart _clip;

    /// <summary>The source.</summary>
    /// <param name="pack">Its networks; shared, not owned.</param>
    /// <param name="channels">Which channels.</param>
    /// <param name="recipe">Crop, grey levels and the map's side are taken from it, nothing else.</param>
    /// <param name="store">Keeps what the networks say.</param>
    public PadimClip(ModelPack pack, PadimChannels channels, Recipe recipe, INetworkStore store)
    {
        _clip = pack.Manifest.RequireClip();
        _outputs = [.. _clip.Blocks.Select(b => GraphNames.Raw(GraphNames.FeaturesOriginal(b)))];
        _channels = channels.Of(_clip.Blocks.Count * _clip.Width);
        _images = new ClipImages(pack, GraphNames.ClipTokensImage, _outputs, recipe, store);
        InputSize = recipe.OutputSize;
        Fingerprint = $"{Row} {_images.Fingerprint("")} channels:{channels} side:{InputSize}";
    }

    public string Row => "padim-clip";

    public string Fingerprint { get; }

    public int InputSize { get; }

    public void Prepare(Picture picture, CancellationToken cancellation) => _images.Prepare(picture, null, cancellation);

    public PatchFeatures Features(Picture picture, CancellationToken cancellation)
    {
        using StoredOutputs said = _images.Get(picture, null, cancellation);
        float[][] blocks = [.. _outputs.Select(o => said.Tensors.Floats(o).ToArray())];
        int patches = _clip.GridSize * _clip.GridSize;
        float[] rows = new float[patches * _channels.Length];
        for (int p = 0; p < patches; p++)
        for (int c = 0; c < _channels.Length; c++)
        {
            (int block, int channel) = Math.DivRem(_channels[c], _clip.Width);
            rows[(p * _channels.Length) + c] = blocks[block][(p * _clip.Width) + channel];
        }

        return new PatchFeatures(rows, _clip.GridSize, _clip.GridSize, said.Covered);
    }

    public void Dispose() { }
}
