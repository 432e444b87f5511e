using System.Diagnostics.CodeAnalysis;

namespace ClipFusion.OnnxInference;

/// <summary>A network can't be loaded or run. The message names the graph.</summary>
[SuppressMessage("Design", "CA1032", Justification = "Thrown here alone, always with a message.")]
public sealed class NetworkException(string message, Exception? inner = null) : Exception(message, inner);
