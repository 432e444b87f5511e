using System.Diagnostics.CodeAnalysis;

namespace ClipFusion.Evaluation.Metrics;

/// <summary>A metric is not defined for these scores: a class is missing, or a score is not a number. The message says which and
/// where.</summary>
[SuppressMessage("Design", "CA1032", Justification = "Thrown here alone, always with a message.")]
public sealed class MetricException(string message) : Exception(message);
