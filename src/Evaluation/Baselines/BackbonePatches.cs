using System.Globalization;
using ClipFusion.Evaluation.Methods;
using ClipFusion.Imaging;
using ClipFusion.Inspection.Recipes;

namespace ClipFusion.Evaluation.Baselines;

/// <summary>Features of a network of one's own, as PatchCore's paper prepares pictures for it: the shorter side resized, then the
/// centre.</summary>
internal sealed class BackbonePatches : IPatchSource
{
    private const string Part = "patchcore-backbone";

    private readonly Backbone _backbone;
    private readonly INetworkStore _store;
    private readonly Recipe _recipe;
    private readonly PillowResampler _resampler = new();

    /// <summary>The source.</summary>
    /// <param name="backbone">The network; shared, not owned.</param>
    /// <param name="recipe">Grey levels are taken from it, nothing else.</param>
    /// <param name="store">Keeps what the network says.</param>
    public BackbonePatches(Backbone backbone, Recipe recipe, INetworkStore store)
    {
        (_backbone, _recipe, _store) = (backbone, recipe, store);
        BackboneOptions o = backbone.Options;
        Fingerprint = string.Create(
            CultureInfo.InvariantCulture,
            $"{Part} {backbone.Content} {string.Join(',', backbone.Outputs)} resize:{backbone.Resize} mean:{string.Join(',', o.Mean)} "
                + $"deviation:{string.Join(',', o.Deviation)} levels:{recipe.BlackLevel},{recipe.WhiteLevel}"
        );
    }

    public string Row => $"patchcore-{_backbone.Name}";

    public string Fingerprint { get; }

    public int InputSize => _backbone.InputSize;

    public void Prepare(Picture picture, CancellationToken cancellation) => _store.Prepare(picture, Part, Fingerprint, Run(cancellation));

    public PatchFeatures Features(Picture picture, CancellationToken cancellation)
    {
        using StoredOutputs stored = _store.Get(picture, Part, Fingerprint, Run(cancellation));
        long[] first = stored.Tensors.Shape(_backbone.Outputs[0]);
        (int height, int width) = ((int)first[2], (int)first[3]);
        return new PatchFeatures(
            FeatureMaps.LocallyAware([.. _backbone.Outputs.Select(n => FeatureMap.Of(stored.Tensors, n))], height, width),
            height,
            width,
            stored.Covered
        );
    }

    public void Dispose() { }

    private NetworkRun Run(CancellationToken cancellation) =>
        frame =>
        {
            (float[] pixels, Region covered) = Pixels(frame);
            return (_backbone.Run(pixels, cancellation), covered);
        };

    /// <summary>[3, S, S], and what of the picture it is.</summary>
    internal (float[] Pixels, Region Covered) Pixels(ImageView frame)
    {
        int size = _backbone.InputSize,
            plane = size * size;
        SquareFit fit = SquareFit.Of(frame.Width, frame.Height, _backbone.Resize, CropMode.Centre);
        int left = Centre(fit.ScaledWidth),
            top = Centre(fit.ScaledHeight);
        byte[] rgb = new byte[3 * plane];
        _resampler.Resize(
            BackbonePixels.Rgb(frame, _recipe).View,
            fit.ScaledWidth,
            fit.ScaledHeight,
            new Region(left, top, size, size),
            ResampleFilter.Bilinear,
            rgb
        );

        int x = Scale(left, frame.Width, fit.ScaledWidth),
            y = Scale(top, frame.Height, fit.ScaledHeight);
        return (
            BackbonePixels.Normalized(rgb, plane, _backbone.Options),
            new Region(x, y, Scale(left + size, frame.Width, fit.ScaledWidth) - x, Scale(top + size, frame.Height, fit.ScaledHeight) - y)
        );

        // A half goes to the even number, as in Python.
        int Centre(int side) => (int)Math.Round((side - size) / 2.0, MidpointRounding.ToEven);
        int Scale(int cells, int of, int scaled) => (int)Math.Round((double)cells * of / scaled);
    }
}
