using System.Diagnostics.CodeAnalysis;

namespace ClipFusion.Evaluation.Datasets;

/// <summary>A folder can't be evaluated on at all. The message says what is missing and what is expected.</summary>
[SuppressMessage("Design", "CA1032", Justification = "Thrown here alone, always with a message.")]
public sealed class DatasetException(string message) : Exception(message);
