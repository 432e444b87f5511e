namespace ClipFusion.Camera.Folder;

/// <summary>What a folder camera has to tell about one file.</summary>
public enum FolderNoteKind
{
    /// <summary>It can't be a picture and answers no trigger; said once for an ending, or for a file.</summary>
    Ignored,

    /// <summary>It could not be moved away and stays where it is; it is not handed out again.</summary>
    Stuck,

    /// <summary>A file could be moved away again after one that could not.</summary>
    MovedAgain,

    /// <summary>An earlier run has handed it out already; it is put away without being judged again.</summary>
    HandedOutBefore,

    /// <summary>It came for a trigger that had been answered without it; it is put away and given to no other.</summary>
    Late,

    /// <summary>No trigger asked for it in time; it is put away.</summary>
    Unclaimed,
}

/// <summary>Something that a person should know about one file.</summary>
/// <param name="Kind">What.</param>
/// <param name="File">Its name.</param>
/// <param name="Why">For people.</param>
public readonly record struct FolderNote(FolderNoteKind Kind, string File, string Why);
