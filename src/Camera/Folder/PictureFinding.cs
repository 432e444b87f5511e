namespace ClipFusion.Camera.Folder;

/// <summary>What a look at a file's bytes tells, before anything is decoded.</summary>
public enum PictureState
{
    /// <summary>A picture from end to end, or one that only its decoder can judge.</summary>
    Whole,

    /// <summary>A picture whose end is not there (yet).</summary>
    CutOff,

    /// <summary>By its first bytes no picture of any kind.</summary>
    NoPicture,
}

/// <summary>What a look at a file's bytes told.</summary>
/// <param name="State">In a word.</param>
/// <param name="Why">For people; null for <see cref="PictureState.Whole"/>.</param>
public readonly record struct PictureFinding(PictureState State, string? Why = null);

/// <summary>Looks at a whole file; quick, and decodes nothing.</summary>
/// <param name="file">Its bytes, at least one.</param>
public delegate PictureFinding PictureCheck(ReadOnlySpan<byte> file);
