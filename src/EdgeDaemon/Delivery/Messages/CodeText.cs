using System.Text.Json;
using ClipFusion.EdgeDaemon.Inspections;

namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>How a <see cref="Code"/> is written on the wire.</summary>
public static class CodeText
{
    // Reasons that share their text with a refusal end in this word in the enum, where a name can be given only once.
    private const string Then = "Then";

    /// <summary>The code as text: refusals (200 and above) as <c>SCREAMING_SNAKE</c>, reasons as <c>snake_case</c>; null for <see cref="Code.None"/>.</summary>
    public static string? Of(Code code)
    {
        if (code == Code.None) return null;
        string name = code.ToString();
        if (name.EndsWith(Then, StringComparison.Ordinal)) name = name[..^Then.Length];
        return ((int)code >= 200 ? JsonNamingPolicy.SnakeCaseUpper : JsonNamingPolicy.SnakeCaseLower).ConvertName(name);
    }
}
