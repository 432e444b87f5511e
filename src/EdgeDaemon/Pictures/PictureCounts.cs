namespace ClipFusion.EdgeDaemon.Pictures;

/// <summary>What became of one station's pictures since the program's start.</summary>
/// <param name="Waiting">Frames that wait now.</param>
/// <param name="Dropped">Frames given up because too many waited; their verdicts are not touched.</param>
/// <param name="Archived">Frames written to the archive.</param>
/// <param name="Heatmaps">Heatmaps handed to the broker's second connection; what became of them there, <see cref="Delivery.MediaLink"/>
/// counts.</param>
/// <param name="Shown">Inspections made ready for the page.</param>
/// <param name="Failed">Pictures that could not be made or archived.</param>
/// <param name="Busy">Time spent on all of them, encoding and disk.</param>
internal sealed record PictureCounts(int Waiting, long Dropped, long Archived, long Heatmaps, long Shown, long Failed, TimeSpan Busy)
{
    /// <summary>Nothing has happened yet.</summary>
    public static PictureCounts None { get; } = new(0, 0, 0, 0, 0, 0, TimeSpan.Zero);
}
