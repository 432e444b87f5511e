using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.EdgeDaemon.Domain;

namespace ClipFusion.EdgeDaemon.Pictures;

/// <summary>Which images of a station an <see cref="ImageArchive"/> keeps, how many and how long.</summary>
/// <param name="Policy">Which.</param>
/// <param name="SampleEvery">With <see cref="ImagePolicy.SampleOfOk"/>: every n-th OK by sequence number, at least 1.</param>
/// <param name="Bytes">All images of the station; above that the oldest OK goes first, then the oldest of the rest.</param>
/// <param name="OkDays">Days that images of OK are kept.</param>
/// <param name="OtherDays">Days that all other images are kept; never fewer.</param>
internal sealed record ImageLimits(ImagePolicy Policy, int SampleEvery, long Bytes, int OkDays, int OtherDays)
{
    /// <summary>The limits that a configuration asks for. What is not OK stays as long as its inspection does, so that NG outlives
    /// OK.</summary>
    /// <param name="images">The station's.</param>
    /// <param name="storage">For how long inspections are kept.</param>
    /// <returns>The limits.</returns>
    public static ImageLimits From(ImageConfig images, StorageConfig storage) =>
        new(
            images.Policy,
            images.SampleEvery,
            (long)(images.MaxGigabytes * (1 << 30)),
            images.MaxDays,
            Math.Max(images.MaxDays, storage.RetentionDays)
        );

    /// <summary>Whether the policy keeps an image.</summary>
    /// <param name="sequence">The inspection's sequence number.</param>
    /// <param name="verdict">Its verdict.</param>
    /// <returns>True to keep it.</returns>
    public bool Wants(long sequence, Verdict verdict) =>
        Policy switch
        {
            ImagePolicy.All => true,
            ImagePolicy.NgAndReview => verdict != Verdict.Ok,
            ImagePolicy.SampleOfOk => verdict != Verdict.Ok || sequence % SampleEvery == 0,
            _ => false,
        };
}

/// <summary>What became of an image.</summary>
internal enum ImageOutcome
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
