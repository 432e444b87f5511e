using System.Text.Json;
using ClipFusion.Camera.Folder;
using ClipFusion.Foundation;
using ClipFusion.Foundation.Json;
using static ClipFusion.Foundation.Json.JsonValues;

namespace ClipFusion.EdgeDaemon.Configuration;

/// <summary>Reads the stations of a configuration.</summary>
internal static class StationConfigReader
{
    public static StationConfig Read(JsonFields fields, ConfigPaths paths)
    {
        var station = new StationConfig(
            fields.Require("name", "", $"{Names.Rule}, part of its topics", TextWhere(Names.IsName, Names.Rule)),
            fields.Object("camera", f => Camera(f, paths))!,
            fields.Object("triggers", Triggers)!,
            fields.Read("queueDepth", 4, Integer(1, 64)),
            Milliseconds(fields, "minTriggerIntervalMs", 20, 0, 60_000),
            Milliseconds(fields, "triggerIdTtlMs", 10_000, 10_000, 600_000),
            fields.Read("recipe", null, TextOrNull(TextWhere(IsRecipe, "a recipe's name, or its number in digits as a text"))),
            fields.Object("images", Images)!,
            fields.Object("heatmap", Heatmap)!
        );
        if (station.Triggers.FrameArrival && FrameArrivalProblem(station.Camera) is { } needed)
            fields.Errors.Add(fields.PathOf("triggers") + ".frameArrival", "true", needed);
        return station;
    }

    private static string? FrameArrivalProblem(CameraConfig camera) =>
        camera switch
        {
            SimulatedCameraConfig { FrameInterval: null } =>
                "false, or camera.frameIntervalMs: without it the simulated camera's frames don't come by themselves",
            FolderCameraConfig { Match: not FileMatch.Order } =>
                "false, or camera.match \"order\": a file that comes by itself is its own trigger, there is nothing to match",
            FolderCameraConfig { Replay: true } =>
                "false: from a folder that is replayed nothing comes by itself; intervalMs triggers by the clock",
            _ => null,
        };

    private static CameraConfig Camera(JsonFields fields, ConfigPaths paths)
    {
        int before = fields.Errors.List.Count;
        bool simulated = fields.Require("kind", true, "\"simulated\" or \"folder\"", Choice(ConfigNames.Cameras));
        if (fields.Errors.List.Count > before)
        {
            // Which keys belong is not known without the kind; calling them all unknown would hide the one mistake.
            fields.AcceptAll();
            return Simulated(new JsonFields(JsonElement.Parse("{}"), fields.Path, fields.Errors));
        }

        return simulated ? Simulated(fields) : FolderCameraReader.Read(fields, paths);
    }

    private static SimulatedCameraConfig Simulated(JsonFields fields) =>
        new(
            fields.Read("seed", 1, Integer(0, int.MaxValue)),
            fields.Read("width", 640, Integer(64, 8192)),
            fields.Read("height", 480, Integer(64, 8192)),
            fields.Read("material", null, OrNull(Choice(ConfigNames.Materials))),
            fields.Read("defectRate", 0.2, Number(0, 1)),
            MillisecondsOrNull(fields, "frameIntervalMs")
        );

    private static TriggerConfig Triggers(JsonFields fields)
    {
        int before = fields.Errors.List.Count;
        var triggers = new TriggerConfig(
            fields.Read<bool>("mqtt", true, Flag),
            fields.Read<bool>("http", false, Flag),
            MillisecondsOrNull(fields, "intervalMs"),
            fields.Read<bool>("frameArrival", false, Flag)
        );
        if (fields.Errors.List.Count == before && triggers is { Mqtt: false, Http: false, Interval: null, FrameArrival: false })
            fields.Errors.Add(
                fields.Path,
                "no trigger that is on",
                "at least one of mqtt, http, intervalMs, frameArrival: the station would never inspect"
            );
        return triggers;
    }

    private static ImageConfig Images(JsonFields fields) =>
        new(
            fields.Read("policy", ImagePolicy.NgAndReview, Choice(ConfigNames.Policies)),
            fields.Read("sampleEvery", 100, Integer(1, 100_000)),
            fields.Read("maxGigabytes", 20, Number(0.001, 100_000)),
            fields.Read("maxDays", 30, Integer(1, 3650))
        );

    private static HeatmapConfig Heatmap(JsonFields fields) =>
        new(
            fields.Read("when", HeatmapWhen.OnNg, Choice(ConfigNames.HeatmapWhens)),
            fields.Read("format", HeatmapFormat.Jpeg, Choice(ConfigNames.HeatmapFormats))
        );

    internal static TimeSpan Milliseconds(JsonFields fields, string key, int missing, int from, int to) =>
        TimeSpan.FromMilliseconds(fields.Read(key, missing, Integer(from, to)));

    private static TimeSpan? MillisecondsOrNull(JsonFields fields, string key) =>
        fields.Read(key, null, OrNull(Integer(10, 3_600_000))) is int ms ? TimeSpan.FromMilliseconds(ms) : null;

    private static bool IsRecipe(string text) => Names.TryNumber(text, out _) || Names.IsRecipeName(text);
}
