using ClipFusion.EdgeDaemon.Domain;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>A step of an enrolment can't be taken. The message says what was found and what is expected.</summary>
internal sealed class EnrollmentException(Code code, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What the caller is answered.</summary>
    public Code Code => code;
}
