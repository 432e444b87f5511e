using System.Globalization;
using ClipFusion.Evaluation.Methods;
using ClipFusion.Imaging;
using ClipFusion.Inspection.Recipes;

namespace ClipFusion.Evaluation.Baselines;

/// <summary>PaDiM's features of a network of one's own: its layers, each enlarged to the first one's grid by repeating cells, chosen
/// channels side by side. Pictures are squeezed to the network's input.</summary>
internal sealed class PadimLayers : IPatchSource
{
    /// <summary>The row of PaDiM on a backbone.</summary>
    public const string RowName = "padim";

    private const string Part = "padim-backbone";

    private readonly Backbone _backbone;
    private readonly PadimChannels _channels;
    private readonly INetworkStore _store;
    private readonly Recipe _recipe;
    private readonly PillowResampler _resampler = new();

    /// <summary>The source.</summary>
    /// <param name="backbone">The network; shared, not owned.</param>
    /// <param name="channels">Which channels.</param>
    /// <param name="recipe">Grey levels are taken from it, nothing else.</param>
    /// <param name="store">Keeps what the network says.</param>
    public PadimLayers(Backbone backbone, PadimChannels channels, Recipe recipe, INetworkStore store)
    {
        (_backbone, _channels, _recipe, _store) = (backbone, channels, recipe, store);
        BackboneOptions o = backbone.Options;
        Stored = string.Create(
            CultureInfo.InvariantCulture,
            $"{Part} {backbone.Content} {string.Join(',', backbone.Outputs)} mean:{string.Join(',', o.Mean)} "
                + $"deviation:{string.Join(',', o.Deviation)}{(o.IsBgr ? " bgr" : "")} levels:{recipe.BlackLevel},{recipe.WhiteLevel}"
        );
    }

    public string Row => RowName;

    public string Fingerprint => $"{Stored} channels:{_channels}";

    public int InputSize => _backbone.InputSize;

    /// <summary>What the network's own outputs depend on.</summary>
    private string Stored { get; }

    public void Prepare(Picture picture, CancellationToken cancellation) => _store.Prepare(picture, Part, Stored, Run(cancellation));

    public PatchFeatures Features(Picture picture, CancellationToken cancellation)
    {
        using StoredOutputs stored = _store.Get(picture, Part, Stored, Run(cancellation));
        FeatureMap[] layers = [.. _backbone.Outputs.Select(n => FeatureMap.Of(stored.Tensors, n))];
        int[] channels = _channels.Of(layers.Sum(l => l.Channels));
        return new PatchFeatures(FeatureMaps.Nearest(layers, channels), layers[0].Height, layers[0].Width, stored.Covered);
    }

    public void Dispose() { }

    private NetworkRun Run(CancellationToken cancellation) =>
        frame =>
        {
            int size = _backbone.InputSize;
            byte[] rgb = BackbonePixels.Squeezed(frame, size, _recipe, _resampler);
            float[] pixels = BackbonePixels.Normalized(rgb, size * size, _backbone.Options);
            return (_backbone.Run(pixels, cancellation), new Region(0, 0, frame.Width, frame.Height));
        };
}
