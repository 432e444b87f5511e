using ClipFusion.Imaging;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;
using ClipFusion.OnnxInference;
using ClipFusion.OnnxInference.Sessions;
using Microsoft.ML.OnnxRuntime;

namespace ClipFusion.Inspection.Networks;

/// <summary>Step 4 as it is taken on the box: a pack's networks run on one prepared image. Used by one thread at a time.</summary>
/// <param name="pack">The networks; shared, not owned.</param>
/// <param name="recipe">Says which streams are wanted and how the states' maps are normalised.</param>
/// <param name="image">The prepared image; borrowed, and not to be written over before this is disposed.</param>
/// <param name="betweenRuns">Called between two runs, so that a scheduler can let something more urgent go first; null for nothing.</param>
/// <param name="goesOn">Whether runs for another image came before, so that <paramref name="betweenRuns"/> is called before the first one
/// too.</param>
public sealed class PackNetworks(ModelPack pack, Recipe recipe, PreparedImage image, Action? betweenRuns = null, bool goesOn = false)
    : IImageNetworks,
        IDisposable
{
    private ClipPart Clip => pack.Manifest.RequireClip();
    private DiffusionPart Diffusion => pack.Manifest.RequireDiffusion();
    private NetworkOutputs? _latent;
    private bool _hasRun = goesOn;

    /// <inheritdoc/>
    public Region Covered => image.Region;

    /// <inheritdoc/>
    public int? DeviceOf(string graph) => pack.DeviceOf(graph);

    /// <inheritdoc/>
    public NetworkOutputs RunClip(bool staysOnDevice, InspectionTrace? trace, CancellationToken cancellation)
    {
        NextRun();
        TensorTaps? taps = pack.IsDebug ? trace?.Taps : null;
        string[] features = ClipOutputs.Features(recipe, Clip);
        string[] outputs = [GraphNames.Class, ClipOutputs.Patches(recipe), .. features];
        if (taps is not null)
            outputs = [.. RawNames().Select(r => r.Raw), .. outputs];
        NetworkOutputs o = RunOnPixels(
            GraphNames.ClipImage,
            image.Clip,
            Clip.ImageSize,
            outputs,
            staysOnDevice ? features.Contains : null,
            cancellation
        );
        if (taps is not null)
        {
            foreach ((string raw, string tap) in RawNames())
                taps.Add(tap, o.Floats(raw), o.Shape(raw));
        }

        trace?.Lap(InspectionStep.ClipNetworks);
        return o;
    }

    /// <inheritdoc/>
    public NetworkOutputs RunDiffusion(DiffusionPlan plan, bool staysOnDevice, InspectionTrace? trace, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(plan);
        NetworkOutputs latent = Latent(isRead: trace?.Taps is not null, trace, cancellation);
        NextRun();
        TensorTaps? taps = pack.IsDebug ? trace?.Taps : null;
        List<string> outputs = plan.LanguageRows.Count > 0 ? [GraphNames.StateMaps, GraphNames.StateMapsUnnormalized] : [];
        outputs.AddRange(plan.Features.Select(f => f.At.Block).Distinct().Select(GraphNames.Features));
        NetworkOutputs o = taps is null
            ? Denoise(
                plan.IsLanguageOnly ? GraphNames.MapDiffLanguage : GraphNames.MapDiff,
                plan,
                latent,
                outputs,
                staysOnDevice ? IsFeatures : null,
                cancellation
            )
            : DenoiseWithTaps(plan, latent, outputs, taps, cancellation);
        trace?.Lap(InspectionStep.Unet);
        return o;
    }

    /// <inheritdoc/>
    public NetworkOutputs RunBackbone(bool staysOnDevice, InspectionTrace? trace, CancellationToken cancellation)
    {
        NextRun();
        BackbonePart part = pack.Manifest.RequireBackbone();
        TensorTaps? taps = pack.IsDebug ? trace?.Taps : null;
        string[] features = [.. part.Layers.Select((_, i) => GraphNames.BackboneFeatures(i))];
        string[] raw = taps is null ? [] : [.. BackboneTaps.Names(pack.Manifest)];
        NetworkOutputs o = RunOnPixels(
            GraphNames.BackboneImage,
            image.Backbone,
            part.ImageSize,
            [.. features, .. raw],
            staysOnDevice ? features.Contains : null,
            cancellation
        );
        foreach (string name in raw)
            taps!.Add(BackboneTaps.TapOf(name, part), o.Floats(name), o.Shape(name));
        trace?.Lap(InspectionStep.BackboneNetwork);
        return o;
    }

    /// <summary>One pass of another graph that takes the denoiser's inputs, for a study of its parts. All outputs come to the
    /// host.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="plan">The rows of the pass.</param>
    /// <param name="outputs">The outputs that are wanted.</param>
    /// <param name="cancellation">Ends the run.</param>
    /// <returns>Owned by the caller.</returns>
    /// <exception cref="NetworkException">The pack has no such graph, or a network failed.</exception>
    public NetworkOutputs RunDenoiserParts(
        string graph,
        DiffusionPlan plan,
        IReadOnlyCollection<string> outputs,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(plan);
        // The latent is brought down, because this graph may run elsewhere than the VAE.
        return Denoise(graph, plan, Latent(isRead: true, null, cancellation), outputs, null, cancellation);
    }

    /// <summary>One run of another graph that takes CLIP's pixels. All outputs come to the host.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="outputs">The outputs that are wanted.</param>
    /// <param name="beside">What it takes beside them: the input's name, its values and its lengths; null for nothing.</param>
    /// <param name="cancellation">Ends the run.</param>
    /// <returns>Owned by the caller.</returns>
    /// <exception cref="NetworkException">The pack has no such graph, or a network failed.</exception>
    public NetworkOutputs RunOnClipPixels(
        string graph,
        IReadOnlyCollection<string> outputs,
        (string Input, float[] Values, long[] Shape)? beside,
        CancellationToken cancellation
    )
    {
        if (beside is not var (input, values, shape))
            return RunOnPixels(graph, image.Clip, Clip.ImageSize, outputs, null, cancellation);
        using OrtValue pixels = OrtValue.CreateTensorValueFromMemory(image.Clip, [1, Clip.ImageSize, Clip.ImageSize, 3]),
            other = OrtValue.CreateTensorValueFromMemory(values, shape);
        var inputs = new Dictionary<string, OrtValue> { [GraphNames.Pixels] = pixels, [input] = other };
        return pack.Run(graph, inputs, outputs, cancellation, null);
    }

    /// <summary>Frees the latent.</summary>
    public void Dispose() => Interlocked.Exchange(ref _latent, null)?.Dispose();

    /// <summary>The latent's mean times the scaling factor; encoded once, however often the denoiser runs on it.</summary>
    private NetworkOutputs Latent(bool isRead, InspectionTrace? trace, CancellationToken cancellation)
    {
        if (_latent is not null)
            return _latent;
        NextRun();
        _latent = RunOnPixels(
            GraphNames.VaeEncoder,
            image.Diffusion,
            Diffusion.ImageSize,
            [GraphNames.Latent],
            isRead ? null : static _ => true,
            cancellation
        );
        trace?.Taps?.Add("diff.latent", _latent.Floats(GraphNames.Latent), _latent.Shape(GraphNames.Latent));
        trace?.Lap(InspectionStep.Vae);
        return _latent;
    }

    private NetworkOutputs RunOnPixels(
        string graph,
        byte[] pixels,
        int side,
        IReadOnlyCollection<string> outputs,
        Predicate<string>? staysOnDevice,
        CancellationToken cancellation
    )
    {
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(pixels, [1, side, side, 3]);
        return pack.Run(graph, new Dictionary<string, OrtValue> { [GraphNames.Pixels] = input }, outputs, cancellation, staysOnDevice);
    }

    private NetworkOutputs Denoise(
        string graph,
        DiffusionPlan plan,
        NetworkOutputs latent,
        IReadOnlyCollection<string> outputs,
        Predicate<string>? staysOnDevice,
        CancellationToken cancellation
    )
    {
        var inputs = new Dictionary<string, OrtValue>(plan.Inputs, StringComparer.Ordinal)
        {
            [GraphNames.Latent] = latent[GraphNames.Latent],
        };
        return pack.Run(graph, inputs, outputs, cancellation, staysOnDevice);
    }

    private NetworkOutputs DenoiseWithTaps(
        DiffusionPlan plan,
        NetworkOutputs latent,
        List<string> outputs,
        TensorTaps taps,
        CancellationToken cancellation
    )
    {
        string[] layers = plan.LanguageRows.Count > 0 ? [.. Diffusion.MappedLayers] : [];
        string[] raw = [.. plan.Features.Select(f => GraphNames.Raw(GraphNames.Features(f.At.Block))).Distinct()];
        NetworkOutputs o = Denoise(
            GraphNames.MapDiff,
            plan,
            latent,
            [.. outputs, .. raw, .. layers.Select(GraphNames.Probabilities)],
            null,
            cancellation
        );
        DenoiserTaps.Take(o, plan, recipe.States.IndexOf(recipe.GenericState), layers, taps);
        return o;
    }

    private void NextRun()
    {
        if (_hasRun)
            betweenRuns?.Invoke();
        _hasRun = true;
    }

    private static bool IsFeatures(string output) => output is not (GraphNames.StateMaps or GraphNames.StateMapsUnnormalized);

    private IEnumerable<(string Raw, string Tap)> RawNames() =>
        [
            (GraphNames.Raw(GraphNames.Class), "clip.cls"),
            (GraphNames.Raw(GraphNames.PatchesVv), "clip.patches"),
            (GraphNames.Raw(GraphNames.PatchesOriginal), "clip.patches_ori"),
            .. Clip.Blocks.Select(b => (GraphNames.Raw(GraphNames.FeaturesVv(b)), $"clip.vv.{b}")),
            .. Clip.Blocks.Select(b => (GraphNames.Raw(GraphNames.FeaturesOriginal(b)), $"clip.ori.{b}")),
        ];
}
