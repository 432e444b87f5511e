namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>Where a reference picture came from.</summary>
internal enum ReferenceSource
{
    /// <summary>A frame that a trigger took.</summary>
    Trigger,

    /// <summary>The archived frame of an inspection.</summary>
    Inspection,

    /// <summary>A file that somebody sent.</summary>
    Upload,

    /// <summary>A file that the recipe names.</summary>
    Recipe,
}

/// <summary>A picture of a reference set, as the camera or a file gave it.</summary>
/// <param name="File">Name of its file beside the set's description.</param>
/// <param name="Sha256">Of the file, 64 hexadecimal digits.</param>
/// <param name="Bytes">The file's size.</param>
/// <param name="Source">Where it came from.</param>
/// <param name="From">The inspection's id or the file's name; null where there is neither.</param>
/// <param name="AddedAt">Wall clock, UTC.</param>
internal sealed record ReferencePicture(
    string File,
    string Sha256,
    long Bytes,
    ReferenceSource Source,
    string? From,
    DateTimeOffset AddedAt
);

/// <summary>Reference pictures that are being collected. Immutable: every change makes another, on the disk first.</summary>
/// <param name="Recipe">Name of the recipe that they are for.</param>
/// <param name="Station">Name of the station that they are collected at.</param>
/// <param name="StartedAt">Wall clock, UTC.</param>
/// <param name="NextFile">Number of the next picture's file: none is used twice.</param>
/// <param name="Pictures">In the order in which they were added.</param>
internal sealed record ReferenceDraft(
    string Recipe,
    string Station,
    DateTimeOffset StartedAt,
    int NextFile,
    IReadOnlyList<ReferencePicture> Pictures
);

/// <summary>A reference set: complete, never changed, found under its number.</summary>
/// <param name="Recipe">Name of the recipe that it is for.</param>
/// <param name="Number">From 1; a recipe's sets are numbered in the order in which they were made.</param>
/// <param name="IsTaught">Whether it was taught on site; otherwise its pictures were named by the recipe's file, whose thresholds go with
/// them.</param>
/// <param name="Station">Where it was taught; null for a set of the recipe's file.</param>
/// <param name="CreatedAt">Wall clock, UTC.</param>
/// <param name="Pictures">1 to <see cref="ReferenceStore.MaxPictures"/>, in the order of the memory banks.</param>
internal sealed record ReferenceSet(
    string Recipe,
    int Number,
    bool IsTaught,
    string? Station,
    DateTimeOffset CreatedAt,
    IReadOnlyList<ReferencePicture> Pictures
)
{
    /// <summary>Sixteen hexadecimal digits that say which pictures, in which order: the reference version in verdicts.</summary>
    public string Version => ContentHash.Of(Pictures.Select(p => p.Sha256));
}
