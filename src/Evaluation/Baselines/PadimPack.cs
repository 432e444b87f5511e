using ClipFusion.Evaluation.Methods;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;

namespace ClipFusion.Evaluation.Baselines;

/// <summary>PaDiM's features of the pack's backbone, as the product compares them: of length 1, averaged over neighbours where the pack
/// does that. Each layer is enlarged to the first one's grid by repeating cells, chosen channels stand side by side.</summary>
internal sealed class PadimPack : IPatchSource
{
    private readonly ObjectNetworks _networks;
    private readonly IReadOnlyList<BackboneLayer> _layers;
    private readonly int[] _channels;

    /// <summary>The source.</summary>
    /// <param name="pack">A pack with a backbone; shared, not owned.</param>
    /// <param name="channels">Which channels.</param>
    /// <param name="recipe">Grey levels are taken from it, nothing else.</param>
    /// <param name="store">Keeps what the network says.</param>
    public PadimPack(ModelPack pack, PadimChannels channels, Recipe recipe, INetworkStore store)
    {
        BackbonePart part = pack.Manifest.RequireBackbone();
        Recipe settings = PictureSettings.Of(recipe) with { Profile = Profile.Backbone, Branches = Branches.BackboneVision };
        (_layers, InputSize, _channels) = (part.Layers, part.ImageSize, channels.Of(part.Layers.Sum(l => l.Channels)));
        Fingerprint = $"{Row} backbone {store.Pack} {settings.Revision} channels:{channels}";
        _networks = new ObjectNetworks(pack, settings, store, fewShot: true, CancellationToken.None);
    }

    public string Row => PadimLayers.RowName;

    public string Fingerprint { get; }

    public int InputSize { get; }

    public void Prepare(Picture picture, CancellationToken cancellation) => _networks.PrepareReference(picture, cancellation);

    public PatchFeatures Features(Picture picture, CancellationToken cancellation)
    {
        using StoredOutputs said = _networks.Backbone(picture, 0, cancellation);
        int grid = _layers[0].GridSize;
        float[] rows = new float[grid * grid * _channels.Length];
        for (int c = 0; c < _channels.Length; c++)
        {
            (int layer, int channel) = Find(_channels[c]);
            ReadOnlySpan<float> values = said.Tensors.Floats(GraphNames.BackboneFeatures(layer));
            (int own, int width) = (_layers[layer].GridSize, _layers[layer].Channels);
            for (int y = 0; y < grid; y++)
            for (int x = 0; x < grid; x++)
                rows[(((y * grid) + x) * _channels.Length) + c] = values[(((y * own / grid * own) + (x * own / grid)) * width) + channel];
        }

        return new PatchFeatures(rows, grid, grid, said.Covered);

        (int Layer, int Channel) Find(int channel)
        {
            int layer = 0;
            for (; channel >= _layers[layer].Channels; layer++)
                channel -= _layers[layer].Channels;
            return (layer, channel);
        }
    }

    public void Dispose() => _networks.Dispose();
}
