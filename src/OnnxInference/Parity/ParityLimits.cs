using ClipFusion.Models.Pack;
using ClipFusion.OnnxInference.Providers;

namespace ClipFusion.OnnxInference.Parity;

/// <summary>
/// How far from the goldens a provider's outputs may be. A unit feature that is off by e changes a cosine distance by about e * e / 2 where
/// the match is good, so 3e-2 moves a map by less than 5e-4; thresholds are set in steps far above that.
/// </summary>
internal static class ParityLimits
{
    /// <summary>float32 on another processor: other orders of summing and other approximations of exp.</summary>
    public const double Float32 = 2e-3;

    /// <summary>float16 products and activations, with normalisations, softmax and cosines in float32.</summary>
    public const double Float16 = 3e-2;

    /// <summary>The limit for a graph on a provider.</summary>
    /// <param name="graph">The graph's name.</param>
    /// <param name="provider">What runs it.</param>
    /// <param name="pack">The pack's precision.</param>
    /// <param name="allowsFloat16">Whether TensorRT may choose float16 kernels.</param>
    public static double Of(string graph, ExecutionProvider provider, Precision pack, bool allowsFloat16)
    {
        if (ProviderNames.PartOf(graph) is not (NetworkPart.ImageTower or NetworkPart.Unet))
            return Float32;
        return pack == Precision.Float16 || (provider == ExecutionProvider.TensorRt && allowsFloat16) ? Float16 : Float32;
    }
}
