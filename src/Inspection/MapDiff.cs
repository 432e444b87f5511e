using ClipFusion.Inspection.Maps;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;
using Microsoft.ML.OnnxRuntime;

namespace ClipFusion.Inspection;

/// <summary>Steps 4 and 5 for the diffusion model: the VAE's latent, one batched run of the UNet, then the state maps and the distances to the banks.</summary>
internal sealed class MapDiff(ModelPack pack, Recipe recipe)
{
    private const int SliceChannels = 8;
    private const int SliceSide = 4;

    private readonly DiffusionPart _part = pack.Manifest.Diffusion;

    /// <summary>The latent's mean times the scaling factor.</summary>
    /// <param name="pixels">uint8 [S, S, 3].</param>
    /// <param name="isRead">Whether the latent is looked at here; otherwise it stays where the VAE ran and goes from there into the UNet.</param>
    /// <param name="cancellation">Ends the run.</param>
    public NetworkOutputs Encode(byte[] pixels, bool isRead, CancellationToken cancellation)
    {
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(pixels, [1, _part.ImageSize, _part.ImageSize, 3]);
        return pack.Session(GraphNames.VaeEncoder).Run(new Dictionary<string, OrtValue> { [GraphNames.Pixels] = input }, [GraphNames.Latent], cancellation, isRead ? null : static _ => true);
    }

    /// <summary>Runs the UNet on a latent.</summary>
    /// <param name="latent">Output of <see cref="Encode"/>.</param>
    /// <param name="plan">Its rows.</param>
    /// <param name="staysOnDevice">Whether the features stay where the UNet ran, for <see cref="Vision"/>; otherwise they can be read here.</param>
    /// <param name="taps">Receives raw tensors of a debug pack; null for none.</param>
    /// <param name="cancellation">Ends the run.</param>
    public NetworkOutputs Denoise(NetworkOutputs latent, DiffusionPlan plan, bool staysOnDevice, TensorTaps? taps, CancellationToken cancellation)
    {
        var inputs = new Dictionary<string, OrtValue>(plan.Inputs, StringComparer.Ordinal) { [GraphNames.Latent] = latent[GraphNames.Latent] };
        List<string> outputs = plan.LanguageRows.Count > 0 ? [GraphNames.StateMaps, GraphNames.StateMapsUnnormalized] : [];
        outputs.AddRange(plan.Features.Select(f => f.At.Block).Distinct().Select(GraphNames.Features));
        if (taps is null) return pack.Session(plan.IsLanguageOnly ? GraphNames.MapDiffLanguage : GraphNames.MapDiff).Run(inputs, outputs, cancellation, staysOnDevice ? IsFeatures : null);

        string[] layers = plan.LanguageRows.Count > 0 ? [.. _part.MappedLayers] : [];
        string[] raw = [.. plan.Features.Select(f => GraphNames.Raw(GraphNames.Features(f.At.Block))).Distinct()];
        NetworkOutputs o = pack.Session(GraphNames.MapDiff).Run(inputs, [.. outputs, .. raw, .. layers.Select(GraphNames.Probabilities)], cancellation);
        Tap(o, plan, layers, taps);
        return o;
    }

    /// <summary>Per state M^{Diff,L} on the latent grid (equation 6 before its mean): as fused, and without token normalisation for equation 10.</summary>
    public (AnomalyMap[] Maps, AnomalyMap[] Unnormalized) Language(NetworkOutputs o, DiffusionPlan plan)
    {
        AnomalyMap[] Take(string output) => [.. plan.LanguageRows.Select(row => new AnomalyMap(_part.LatentSize, _part.LatentSize, o.Row(output, row).ToArray()))];
        AnomalyMap[] maps = Take(GraphNames.StateMaps);
        return (maps, recipe.TokenNormalization == TokenNormalization.None ? maps : Take(GraphNames.StateMapsUnnormalized));
    }

    /// <summary>Distances to the bank of each (timestep, block) (equation 8 before its mean).</summary>
    public IReadOnlyList<AnomalyMap> Vision(NetworkOutputs o, DiffusionPlan plan, IReadOnlyList<MemoryBank> banks, BankSearch search) =>
        search.Run([.. plan.Features.Select((f, i) => new FeatureGrid(banks[i], o, GraphNames.Features(f.At.Block), f.Row, _part.Decoder[f.At.Block].GridSize))]);

    /// <summary>Unit features of each (timestep, block), copied: rows of the banks.</summary>
    public static float[][] ReferenceRows(NetworkOutputs o, DiffusionPlan plan) => [.. plan.Features.Select(f => o.Row(GraphNames.Features(f.At.Block), f.Row).ToArray())];

    private static bool IsFeatures(string output) => output is not (GraphNames.StateMaps or GraphNames.StateMapsUnnormalized);

    private void Tap(NetworkOutputs o, DiffusionPlan plan, string[] layers, TensorTaps taps)
    {
        int generic = recipe.States.IndexOf(recipe.GenericState);
        if (generic >= 0 && plan.LanguageRows.Count > 0)
        {
            foreach (string layer in layers)
            {
                ReadOnlySpan<float> map = o.Row(GraphNames.Probabilities(layer), plan.LanguageRows[generic]);
                taps.Add($"unet.probs.{layer}", map, map.Length);
            }
        }

        foreach (FeaturePlace f in plan.Features)
        {
            string raw = GraphNames.Raw(GraphNames.Features(f.At.Block));
            long[] shape = o.Shape(raw);
            int channels = (int)Math.Min(SliceChannels, shape[1]), rows = (int)Math.Min(SliceSide, shape[2]), columns = (int)Math.Min(SliceSide, shape[3]);
            var slice = new float[channels * rows * columns];
            ReadOnlySpan<float> block = o.Row(raw, f.Row);
            for (int c = 0; c < channels; c++)
                for (int r = 0; r < rows; r++)
                    block.Slice((int)((c * shape[2] + r) * shape[3]), columns).CopyTo(slice.AsSpan((c * rows + r) * columns));
            taps.Add($"unet.up.{f.At.Timestep}.{f.At.Block}.slice", slice, channels, rows, columns);
        }
    }
}
