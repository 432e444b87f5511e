using System.Globalization;

namespace ClipFusion.OnnxInference.Providers;

/// <summary>What ONNX Runtime's CUDA provider is told.</summary>
internal static class CudaOptions
{
    /// <summary>
    /// TF32 is off: it rounds products to ten bits, which the parity limits of float32 packs do not allow. Memory grows by what is asked
    /// for and not by doubling, because a small box shares it with the system. Convolutions are chosen by rule and not by trial, so that
    /// two starts choose the same.
    /// </summary>
    /// <param name="settings">The device.</param>
    /// <param name="cudaGraphs">Whether runs are captured and replayed. The session is refused then unless CUDA runs every operator of the
    /// graph.</param>
    public static Dictionary<string, string> Of(ProviderSettings settings, bool cudaGraphs) =>
        new(StringComparer.Ordinal)
        {
            ["device_id"] = settings.Device.ToString(CultureInfo.InvariantCulture),
            ["arena_extend_strategy"] = "kSameAsRequested",
            ["cudnn_conv_algo_search"] = "HEURISTIC",
            ["do_copy_in_default_stream"] = "1",
            ["enable_cuda_graph"] = cudaGraphs ? "1" : "0",
            ["use_tf32"] = "0",
        };
}
