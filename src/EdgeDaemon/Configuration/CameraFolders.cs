using System.Collections.Immutable;
using System.Globalization;
using ClipFusion.Foundation.Files;
using ClipFusion.Foundation.Json;

namespace ClipFusion.EdgeDaemon.Configuration;

/// <summary>
/// A file belongs to one part, so a folder belongs to one station: two that take files out of one folder would judge each other's parts.
/// Folders are compared by what they are, not by what they are called: a link, a second mount and another spelling lead to the same one.
/// </summary>
internal static class CameraFolders
{
    private static readonly string[] Outcomes = ["done", "rejected"];

    /// <summary>Adds an error for every station whose folder another one takes, or puts its judged files into.</summary>
    public static void RejectShared(ImmutableArray<StationConfig> stations, FieldErrors errors)
    {
        for (int i = 0; i < stations.Length; i++)
        {
            if (stations[i].Camera is not FolderCameraConfig own)
                continue;
            string path = string.Create(CultureInfo.InvariantCulture, $"$.stations[{i}].camera.folder");
            for (int j = 0; j < stations.Length; j++)
            {
                if (j == i || stations[j].Camera is not FolderCameraConfig other)
                    continue;
                // Replaying moves nothing: two may look at the same files.
                if (j < i && !(own.Replay && other.Replay) && IsSame(own.Folder, other.Folder))
                    errors.Add(
                        path,
                        $"the folder of station \"{stations[j].Name}\" ({other.Folder})",
                        "a folder that no other station reads"
                    );
                if (other.Replay)
                    continue;
                if (Outcomes.FirstOrDefault(o => IsInside(own.Folder, Path.Combine(other.Folder, o))) is { } outcome)
                    errors.Add(
                        path,
                        $"a folder in {Path.Combine(other.Folder, outcome)}, where station \"{stations[j].Name}\" puts its files",
                        "a folder that no other station writes to"
                    );
            }
        }
    }

    private static bool IsSame(string a, string b) =>
        Real(a) == Real(b) || (FileIdentity.Of(a) is { } identity && identity == FileIdentity.Of(b));

    /// <summary>Whether a folder is another or lies in it.</summary>
    private static bool IsInside(string folder, string other)
    {
        FileIdentity? wanted = FileIdentity.Of(other);
        string real = Real(other);
        for (string? above = Real(folder); above is not null; above = Path.GetDirectoryName(above))
            if (above == real || (wanted is { } identity && FileIdentity.Of(above) == identity))
                return true;
        return false;
    }

    /// <summary>The path without links, as far as it is there; the rest as it is spelled, for it may be made later.</summary>
    private static string Real(string path)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)),
            missing = "";
        while (true)
        {
            if (FileIdentity.RealPath(full) is { } real)
                return missing.Length == 0 ? real : Path.Combine(real, missing);
            if (Path.GetDirectoryName(full) is not { } above)
                return Path.Combine(full, missing);
            missing = missing.Length == 0 ? Path.GetFileName(full) : Path.Combine(Path.GetFileName(full), missing);
            full = above;
        }
    }
}
