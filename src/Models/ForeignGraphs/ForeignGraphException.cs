using System.Diagnostics.CodeAnalysis;

namespace ClipFusion.Models.ForeignGraphs;

/// <summary>An ONNX file of somebody else's can't be used. The message names the file, what was found and what is expected.</summary>
[SuppressMessage("Design", "CA1032", Justification = "Thrown here alone, always with a message.")]
public sealed class ForeignGraphException(string message, Exception? inner = null) : Exception(message, inner);
