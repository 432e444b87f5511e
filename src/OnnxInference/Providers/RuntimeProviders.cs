using Microsoft.ML.OnnxRuntime;

namespace ClipFusion.OnnxInference.Providers;

/// <summary>What the ONNX Runtime that is loaded was built with.</summary>
internal static class RuntimeProviders
{
    /// <summary>Why a provider can't be tried: it was not built in. Null when it was, which does not mean that its libraries and a GPU are
    /// there.</summary>
    public static string? WhyNot(string name) =>
        OrtEnv.Instance().GetAvailableProviders().Contains(name)
            ? null
            : $"this ONNX Runtime ({OrtEnv.Instance().GetVersionString()}) was built without it";
}
