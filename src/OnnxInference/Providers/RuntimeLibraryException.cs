using System.Diagnostics.CodeAnalysis;

namespace ClipFusion.OnnxInference.Providers;

/// <summary>The ONNX Runtime that was named can't be used. The message names the file and what is expected.</summary>
[SuppressMessage("Design", "CA1032", Justification = "Thrown by OnnxRuntimeLibrary alone, always with a message.")]
public sealed class RuntimeLibraryException(string message, Exception? inner = null) : Exception(message, inner);
