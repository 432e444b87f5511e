using System.Globalization;
using ClipFusion.Models.Graph;
using ClipFusion.Models.Pack;

namespace ClipFusion.OnnxInference.Providers;

/// <summary>What ONNX Runtime's TensorRT provider is told.</summary>
internal static class TensorRtOptions
{
    /// <summary>The options for a graph.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="settings">Device, precision, memory.</param>
    /// <param name="folder">Where engines lie, in a folder for each graph, and the timing cache that all share.</param>
    /// <param name="cudaGraphs">Whether runs are captured and replayed. Engines do not depend on it; the session is refused then unless one
    /// engine is the whole graph.</param>
    public static Dictionary<string, string> Of(GraphFile graph, ProviderSettings settings, string folder, bool cudaGraphs)
    {
        // Float16 overflows in the VAE, and the text towers' rounding would be in every map of a recipe.
        bool half =
            (settings.Float16 || graph.Precision == Precision.Float16) && (graph.Part is NetworkPart.ImageTower or NetworkPart.Unet);
        (string min, string opt, string max) = EngineProfile.Of(graph.For(GraphTarget.TensorRt));
        return new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["device_id"] = settings.Device.ToString(CultureInfo.InvariantCulture),
            ["trt_fp16_enable"] = half ? "1" : "0",
            // Normalisations that a float16 engine would do in float16 stay in float32.
            ["trt_layer_norm_fp32_fallback"] = half ? "1" : "0",
            ["trt_max_workspace_size"] = settings.WorkspaceBytes.ToString(CultureInfo.InvariantCulture),
            ["trt_engine_cache_enable"] = "1",
            ["trt_engine_cache_path"] = Path.Combine(folder, graph.Name),
            ["trt_engine_cache_prefix"] = graph.Name,
            ["trt_timing_cache_enable"] = "1",
            ["trt_timing_cache_path"] = folder,
            // Two builds at once do not fit a small box.
            ["trt_force_sequential_engine_build"] = "1",
            ["trt_context_memory_sharing_enable"] = "1",
            ["trt_cuda_graph_enable"] = cudaGraphs ? "1" : "0",
            ["trt_profile_min_shapes"] = min,
            ["trt_profile_opt_shapes"] = opt,
            ["trt_profile_max_shapes"] = max,
        };
    }
}
