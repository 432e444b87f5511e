namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>Which images of a station are kept.</summary>
public enum ImagePolicy
{
    /// <summary>Every image.</summary>
    All,

    /// <summary>Those of NG and REVIEW.</summary>
    NgAndReview,

    /// <summary>Everything that is not OK, and every n-th OK by sequence number.</summary>
    SampleOfOk,

    /// <summary>None.</summary>
    None,
}

/// <summary>Limits of an <see cref="ImageArchive"/>.</summary>
public sealed record ImageArchiveOptions
{
    /// <summary>Which OK is kept under <see cref="ImagePolicy.SampleOfOk"/>: every n-th by sequence number. At least 1.</summary>
    public int OkSample { get; init; } = 100;

    /// <summary>Bytes of all images; above them the oldest OK goes first, then the oldest of the rest.</summary>
    public long Bytes { get; init; } = 20L << 30;

    /// <summary>Days that images of OK are kept.</summary>
    public int OkDays { get; init; } = 30;

    /// <summary>Days that all other images are kept.</summary>
    public int OtherDays { get; init; } = 365;
}

/// <summary>What became of an image.</summary>
public enum ImageOutcome
{
    /// <summary>It is in the archive.</summary>
    Stored,

    /// <summary>The policy does not keep it.</summary>
    NotWanted,

    /// <summary>Images are stopped because the disk is full.</summary>
    Stopped,

    /// <summary>It could not be written; <see cref="ImageArchive.LastError"/> says why.</summary>
    Failed,
}
