using System.Diagnostics.CodeAnalysis;

namespace ClipFusion.Models.Tokenizer;

/// <summary>A text tower would not see the end of a prompt, which often is all that two prompts differ in. The message names every such
/// prompt and its tokens.</summary>
[SuppressMessage("Design", "CA1032", Justification = "Thrown here alone, always with a message.")]
public sealed class PromptTooLongException(string message) : ArgumentException(message);
