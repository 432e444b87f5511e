namespace ClipFusion.Cli;

/// <summary>Arguments or a configuration that a verb cannot work with: exit code 2.</summary>
/// <param name="message">One line: what is wrong and what is expected.</param>
/// <param name="inner">The cause, if an exception was it.</param>
internal sealed class UsageException(string message, Exception? inner = null) : Exception(message, inner);
