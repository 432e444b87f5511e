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
        FeatureMap[] layers =
        [
            .. _layers.Select((l, i) => FeatureMap.OfRows(said.Tensors.Floats(GraphNames.BackboneFeatures(i)), l.Channels, l.GridSize)),
        ];
        return new PatchFeatures(FeatureMaps.Nearest(layers, _channels), layers[0].Height, layers[0].Width, said.Covered);
    }

    public void Dispose() => _networks.Dispose();
}
