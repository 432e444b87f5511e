using System.Text.Json.Serialization;
using ClipFusion.EdgeDaemon.Domain;

namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>How far a recipe change is.</summary>
internal enum RecipeChange
{
    /// <summary>Begun: the station is not ready until it ends.</summary>
    Accepted,

    /// <summary>Done: the recipe judges.</summary>
    Active,

    /// <summary>Given up: the recipe before is active again.</summary>
    Failed,

    /// <summary>Not begun.</summary>
    Refused,
}

/// <summary><c>out/{station}/recipe/ack</c>: first <c>accepted</c>, then <c>active</c> or <c>failed</c>; or <c>refused</c>.</summary>
/// <param name="RequestId">The caller's id; null for none.</param>
/// <param name="Requested">Name or number as it was asked for; null when it could not be read.</param>
/// <param name="Status">How far it is.</param>
/// <param name="Recipe">The recipe, once known; null otherwise.</param>
/// <param name="Code">Why it was refused or failed; <see cref="Domain.Code.None"/> otherwise.</param>
/// <param name="ErrorText">The same for people; null otherwise.</param>
/// <param name="Time">Wall clock, UTC.</param>
internal sealed record RecipeAckMessage(
    string? RequestId,
    string? Requested,
    RecipeChange Status,
    RecipeStamp? Recipe,
    [property: JsonIgnore] Code Code,
    string? ErrorText,
    DateTimeOffset Time
)
{
    /// <summary>Name of the message's schema.</summary>
    [JsonPropertyOrder(-1)]
    public string Schema { get; } = "clipfusion/v1/recipe-ack";

    /// <summary>Number of the code; 0 for none.</summary>
    [JsonPropertyName("code")]
    public int CodeNumber => (int)Code;

    /// <summary>Text of the code; null for none.</summary>
    public string? Error => CodeText.Of(Code);
}
