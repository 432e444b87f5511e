using ClipFusion.EdgeDaemon.Domain;

namespace ClipFusion.EdgeDaemon.Pictures;

/// <summary>What pictures are made with: one set for the box, because one thread makes them all.</summary>
internal sealed class PictureTools
{
    private readonly FramePicture _picture = new();

    public PictureTools() => (Heatmaps, Page) = (new HeatmapFile(_picture, IHeatmapPublisher.MaximumBytes), new PagePicture(_picture));

    /// <summary>Frames for the archive.</summary>
    public FrameFile Frames { get; } = new();

    /// <summary>Heatmaps for the broker.</summary>
    public HeatmapFile Heatmaps { get; }

    /// <summary>Pictures for the page.</summary>
    public PagePicture Page { get; }
}
