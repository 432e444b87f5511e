namespace ClipFusion.Foundation.Json;

/// <summary>What a JSON text may be. The defaults are those of files that a person writes.</summary>
public sealed record JsonRules
{
    /// <summary>A file that a person writes, with comments.</summary>
    public static readonly JsonRules WithComments = new() { Comments = true };

    /// <summary>Most bytes.</summary>
    public int MaxBytes { get; init; } = StrictJson.MaxBytes;

    /// <summary>Most objects and arrays inside each other.</summary>
    public int MaxDepth { get; init; } = 16;

    /// <summary>Whether // and /* */ are skipped; else they are errors.</summary>
    public bool Comments { get; init; }

    /// <summary>
    /// Whether a key that an object has twice makes the whole text wrong. Only for texts whose objects are not read with
    /// <see cref="JsonFields"/>, which says where each one is.
    /// </summary>
    public bool UniqueKeys { get; init; }
}
