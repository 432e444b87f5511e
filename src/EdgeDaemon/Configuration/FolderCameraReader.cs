using System.Text.RegularExpressions;
using ClipFusion.Camera.Folder;
using ClipFusion.Foundation.Json;
using static ClipFusion.Foundation.Json.JsonValues;

namespace ClipFusion.EdgeDaemon.Configuration;

/// <summary>Reads a folder camera.</summary>
internal static class FolderCameraReader
{
    public static FolderCameraConfig Read(JsonFields fields, ConfigPaths paths)
    {
        var camera = new FolderCameraConfig(
            fields.Require("folder", "", "the folder that images appear in", paths.Read),
            StationConfigReader.Milliseconds(fields, "settleMs", 200, 0, 60_000),
            fields.Read<bool>("replay", false, Flag)
        )
        {
            Files = fields.Read(
                "files",
                null,
                TextOrNull(TextWhere(IsPattern, "a pattern of a file name with * and ?, such as *.png, without a folder"))
            ),
            PartIdFromName = fields.Read(
                "partIdFromName",
                null,
                TextOrNull(TextWhere(IsExpression, "a regular expression with exactly one group, without look-around and back references"))
            ),
            Match = fields.Read("match", FileMatch.Order, Choice(ConfigNames.Matches)),
            MatchWindow = StationConfigReader.Milliseconds(fields, "matchWindowMs", 2000, 1, 60_000),
            Watch = fields.Read("watch", FolderWatchMode.Auto, Choice(ConfigNames.Watches)),
            MaxFileMb = fields.Read("maxFileMb", 256, Integer(1, 256)),
        };
        if (camera is { Replay: true, Match: not FileMatch.Order })
            fields.Errors.Add(
                fields.PathOf("match"),
                "a match with replay",
                "\"order\": files that are replayed have no trigger of their own"
            );
        return camera;
    }

    /// <summary>The expression, bounded in time whatever the name is: without backtracking.</summary>
    public static Regex Expression(string text) => new(text, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);

    private static bool IsPattern(string text) =>
        text.Length > 0 && !text.Contains('/', StringComparison.Ordinal) && !text.Any(char.IsControl);

    private static bool IsExpression(string text)
    {
        try
        {
            return Expression(text).GetGroupNumbers().Length == 2;
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return false;
        }
    }
}
