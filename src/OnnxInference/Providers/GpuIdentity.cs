namespace ClipFusion.OnnxInference.Providers;

/// <summary>What an engine was built for; another one of any of these needs another engine.</summary>
/// <param name="Gpu">The GPU's name.</param>
/// <param name="Driver">Version of its driver.</param>
/// <param name="TensorRt">Version of TensorRT.</param>
/// <param name="OnnxRuntime">Version of ONNX Runtime, which names the engine files.</param>
public sealed record GpuIdentity(string Gpu, string Driver, string TensorRt, string OnnxRuntime);
