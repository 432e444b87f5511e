using System.Text.Json.Serialization;
using ClipFusion.EdgeDaemon.Domain;

namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>How far an enrolment is.</summary>
internal enum EnrollState
{
    /// <summary>Nothing is being taught.</summary>
    Idle,

    /// <summary>Pictures are being collected.</summary>
    Collecting,

    /// <summary>Pictures are being encoded.</summary>
    Encoding,

    /// <summary>Pictures are being judged against each other.</summary>
    Comparing,

    /// <summary>A set is complete; nothing judges by it yet.</summary>
    Ready,

    /// <summary>A set is being made the active one.</summary>
    Activating,

    /// <summary>The set judges.</summary>
    Active,

    /// <summary>What was collected is thrown away.</summary>
    Cancelled,

    /// <summary>The step was given up; everything is as it was before it.</summary>
    Failed,

    /// <summary>The step was not begun.</summary>
    Refused,
}

/// <summary>Something that a technician should know of the references.</summary>
/// <param name="Picture">Which picture, from 1; null for all of them.</param>
/// <param name="Remark">What, in one word.</param>
/// <param name="Text">The same in plain words, and what to do.</param>
internal sealed record EnrollAdvice(int? Picture, string Remark, string Text);

/// <summary><c>out/{station}/enroll/progress</c>.</summary>
/// <param name="RequestId">The caller's id; null where nobody asked.</param>
/// <param name="Action">The step; null where it could not be read, or nobody asked.</param>
/// <param name="State">How far it is.</param>
/// <param name="Recipe">Name of the recipe that is being taught; null for none.</param>
/// <param name="Set">Number of the reference set, once it has one; null otherwise.</param>
/// <param name="Pictures">How many pictures there are.</param>
/// <param name="Done">How much of the step is done, of <paramref name="Total"/>.</param>
/// <param name="Total">What <paramref name="Done"/> goes up to; 0 where nothing is counted.</param>
/// <param name="Advice">What a technician should know; empty for nothing.</param>
/// <param name="Code">Why it was refused or failed; <see cref="Domain.Code.None"/> otherwise.</param>
/// <param name="ErrorText">The same for people; null otherwise.</param>
/// <param name="Time">Wall clock, UTC.</param>
internal sealed record EnrollProgressMessage(
    string? RequestId,
    EnrollAction? Action,
    EnrollState State,
    string? Recipe,
    int? Set,
    int Pictures,
    int Done,
    int Total,
    IReadOnlyList<EnrollAdvice> Advice,
    [property: JsonIgnore] Code Code,
    string? ErrorText,
    DateTimeOffset Time
)
{
    /// <summary>Name of the message's schema.</summary>
    [JsonPropertyOrder(-1)]
    public string Schema { get; } = "clipfusion/v1/enroll-progress";

    /// <summary>Number of the code; 0 for none.</summary>
    [JsonPropertyName("code")]
    public int CodeNumber => (int)Code;

    /// <summary>Text of the code; null for none.</summary>
    public string? Error => CodeText.Of(Code);

    /// <summary>Nothing was begun.</summary>
    public static EnrollProgressMessage ForRefused(string? requestId, EnrollAction? action, Code code, string why, DateTimeOffset now) =>
        new(requestId, action, EnrollState.Refused, null, null, 0, 0, 0, [], code, why, now);
}
