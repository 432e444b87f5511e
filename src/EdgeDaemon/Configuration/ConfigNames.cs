using System.Text.Json;
using ClipFusion.Camera.Folder;
using ClipFusion.Camera.Simulation;
using ClipFusion.EdgeDaemon.Domain;

namespace ClipFusion.EdgeDaemon.Configuration;

/// <summary>The words that the configuration uses for its choices.</summary>
internal static class ConfigNames
{
    public static readonly (string Name, MqttVersion Value)[] Versions = [("5", MqttVersion.V5), ("3.1.1", MqttVersion.V311)];

    public static readonly (string Name, MqttCommand Value)[] Commands =
    [
        ("trigger", MqttCommand.Trigger),
        ("part", MqttCommand.Part),
        ("recipe", MqttCommand.Recipe),
        ("enroll", MqttCommand.Enroll),
    ];

    public static readonly (string Name, NoSubscriber Value)[] NoSubscribers =
    [
        ("replay", NoSubscriber.Replay),
        ("delivered", NoSubscriber.Delivered),
    ];

    public static readonly (string Name, ImagePolicy Value)[] Policies =
    [
        ("all", ImagePolicy.All),
        ("ngAndReview", ImagePolicy.NgAndReview),
        ("sampleOfOk", ImagePolicy.SampleOfOk),
        ("none", ImagePolicy.None),
    ];

    public static readonly (string Name, HeatmapWhen Value)[] HeatmapWhens =
    [
        ("onNg", HeatmapWhen.OnNg),
        ("always", HeatmapWhen.Always),
        ("never", HeatmapWhen.Never),
    ];

    public static readonly (string Name, HeatmapFormat Value)[] HeatmapFormats =
    [
        ("jpeg", HeatmapFormat.Jpeg),
        ("png", HeatmapFormat.Png),
        ("map16", HeatmapFormat.Map16),
    ];

    public static readonly (string Name, LogFormat Value)[] LogFormats = [("text", LogFormat.Text), ("json", LogFormat.Json)];

    /// <summary>In words with dashes, for example <c>circuit-board</c>.</summary>
    public static readonly (string Name, Material Value)[] Materials =
    [
        .. Enum.GetValues<Material>().Select(m => (JsonNamingPolicy.KebabCaseLower.ConvertName(m.ToString()), m)),
    ];

    public static readonly (string Name, FileMatch Value)[] Matches =
    [
        ("order", FileMatch.Order),
        ("name", FileMatch.Name),
        ("time", FileMatch.Time),
    ];

    public static readonly (string Name, FolderWatchMode Value)[] Watches =
    [
        ("auto", FolderWatchMode.Auto),
        ("inotify", FolderWatchMode.Notify),
        ("poll", FolderWatchMode.Poll),
    ];

    public static readonly (string Name, bool IsSimulated)[] Cameras = [("simulated", true), ("folder", false)];
}
