using ClipFusion.Camera.Folder;
using ClipFusion.Camera.Simulation;

namespace ClipFusion.EdgeDaemon.Configuration;

/// <summary>One camera view with its triggers.</summary>
/// <param name="Name">1-32 of <c>[a-z0-9-]</c>; part of its topics.</param>
/// <param name="Camera">Where frames come from.</param>
/// <param name="Triggers">What makes it inspect.</param>
/// <param name="QueueDepth">Accepted inspections that may wait, 1..64.</param>
/// <param name="MinTriggerInterval">Least time between triggers without id, 0..60 s.</param>
/// <param name="TriggerIdTtl">How long a trigger id is remembered, 10 s..10 min.</param>
/// <param name="Recipe">Name or number of the recipe that is active at the very first start; null = none, not ready until one is
/// set.</param>
/// <param name="Images">Which frames are kept.</param>
/// <param name="Heatmap">Which heatmaps are published.</param>
internal sealed record StationConfig(
    string Name,
    CameraConfig Camera,
    TriggerConfig Triggers,
    int QueueDepth,
    TimeSpan MinTriggerInterval,
    TimeSpan TriggerIdTtl,
    string? Recipe,
    ImageConfig Images,
    HeatmapConfig Heatmap
);

/// <summary>Where frames come from; one of the kinds below.</summary>
internal abstract record CameraConfig;

/// <summary>A procedural line of parts.</summary>
/// <param name="Seed">0..2147483647; the same seed gives the same parts.</param>
/// <param name="Width">Frame columns, 64..8192.</param>
/// <param name="Height">Frame rows, 64..8192.</param>
/// <param name="Material">What the parts look like; null = the simulator's first.</param>
/// <param name="DefectRate">Share of bad parts, 0..1.</param>
/// <param name="FrameInterval">Time between frames that come by themselves, 10 ms..1 h; null = frames for triggers only.</param>
internal sealed record SimulatedCameraConfig(
    int Seed,
    int Width,
    int Height,
    Material? Material,
    double DefectRate,
    TimeSpan? FrameInterval
) : CameraConfig;

/// <summary>Image files that a camera or a person puts into a folder.</summary>
/// <param name="Folder">The folder.</param>
/// <param name="Settle">How long a file must not grow before it is taken, where nobody says that it is complete; 0..60 s.</param>
/// <param name="Replay">Whether files are read over and over and left where they are.</param>
internal sealed record FolderCameraConfig(string Folder, TimeSpan Settle, bool Replay) : CameraConfig
{
    /// <summary>Which names are pictures, with <c>*</c> and <c>?</c>; null = by their endings.</summary>
    public string? Files { get; init; }

    /// <summary>Regular expression with one group that finds the part's id in a file's name; null = there is none in it.</summary>
    public string? PartIdFromName { get; init; }

    /// <summary>Which file answers a trigger.</summary>
    public FileMatch Match { get; init; }

    /// <summary>How far a file's time and its trigger's acceptance may be apart, 1 ms..1 min.</summary>
    public TimeSpan MatchWindow { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How new files are learnt of.</summary>
    public FolderWatchMode Watch { get; init; }

    /// <summary>Largest file that is taken, 1..256 MiB.</summary>
    public int MaxFileMb { get; init; } = 256;
}

/// <summary>What makes a station inspect; at least one of them.</summary>
/// <param name="Mqtt">Messages on its trigger topic.</param>
/// <param name="Http">Requests.</param>
/// <param name="Interval">Its own clock, 10 ms..1 h; null = off.</param>
/// <param name="FrameArrival">Every frame that comes by itself.</param>
internal sealed record TriggerConfig(bool Mqtt, bool Http, TimeSpan? Interval, bool FrameArrival);

/// <summary>Which frames are kept.</summary>
public enum ImagePolicy
{
    /// <summary>Every frame.</summary>
    All,

    /// <summary>NG, review and not judged.</summary>
    NgAndReview,

    /// <summary>As <see cref="NgAndReview"/>, and one in so many of the OK.</summary>
    SampleOfOk,

    /// <summary>No frame.</summary>
    None,
}

/// <summary>Which frames are kept, and how many.</summary>
/// <param name="Policy">Which.</param>
/// <param name="SampleEvery">With <see cref="ImagePolicy.SampleOfOk"/>: one in so many, 1..100,000.</param>
/// <param name="MaxGigabytes">Cap of the station's frames, 0.001..100,000.</param>
/// <param name="MaxDays">Days that frames of OK parts are kept, 1..3650; the others stay as long as their inspections.</param>
internal sealed record ImageConfig(ImagePolicy Policy, int SampleEvery, double MaxGigabytes, int MaxDays);

/// <summary>When a heatmap is published.</summary>
public enum HeatmapWhen
{
    /// <summary>For NG and review.</summary>
    OnNg,

    /// <summary>For everything that was judged.</summary>
    Always,

    /// <summary>Not at all.</summary>
    Never,
}

/// <summary>What a heatmap is published as.</summary>
public enum HeatmapFormat
{
    /// <summary>Overlay, JPEG.</summary>
    Jpeg,

    /// <summary>Overlay, PNG.</summary>
    Png,

    /// <summary>The anomaly map itself, PNG of 16 bits.</summary>
    Map16,
}

/// <summary>Which heatmaps are published.</summary>
/// <param name="When">When.</param>
/// <param name="Format">As what.</param>
internal sealed record HeatmapConfig(HeatmapWhen When, HeatmapFormat Format);
