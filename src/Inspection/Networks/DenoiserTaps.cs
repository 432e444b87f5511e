using ClipFusion.Models.Pack;
using ClipFusion.OnnxInference.Sessions;

namespace ClipFusion.Inspection.Networks;

/// <summary>Raw tensors of the denoiser for a dump: attention probabilities of each mapped layer and a corner of each decoder block's
/// output.</summary>
internal static class DenoiserTaps
{
    private const int SliceChannels = 8;
    private const int SliceSide = 4;

    /// <summary>Copies them.</summary>
    /// <param name="o">Outputs of a debug graph.</param>
    /// <param name="plan">Its rows.</param>
    /// <param name="generic">The generic state among the states; below 0 where it is none of them, and then no probabilities are
    /// taken.</param>
    /// <param name="layers">The layers whose probabilities were asked for.</param>
    /// <param name="taps">Receives the copies.</param>
    public static void Take(NetworkOutputs o, DiffusionPlan plan, int generic, string[] layers, TensorTaps taps)
    {
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
            int channels = (int)Math.Min(SliceChannels, shape[1]),
                rows = (int)Math.Min(SliceSide, shape[2]),
                columns = (int)Math.Min(SliceSide, shape[3]);
            var slice = new float[channels * rows * columns];
            ReadOnlySpan<float> block = o.Row(raw, f.Row);
            for (int c = 0; c < channels; c++)
            for (int r = 0; r < rows; r++)
                block.Slice((int)((c * shape[2] + r) * shape[3]), columns).CopyTo(slice.AsSpan((c * rows + r) * columns));
            taps.Add($"unet.up.{f.At.Timestep}.{f.At.Block}.slice", slice, channels, rows, columns);
        }
    }
}
