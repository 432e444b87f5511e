namespace ClipFusion.Evaluation.Baselines.Learned;

/// <summary>A file of learned prompts can't be used. The message names the file and the tensor, and says what was found and what is
/// expected.</summary>
public sealed class PromptFileException(string message, Exception? inner = null) : Exception(message, inner);
