using System.Globalization;
using ClipFusion.Foundation.Files;

namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>The folders of a recipe's reference sets.</summary>
internal static class ReferenceFolders
{
    /// <summary>Describes a set; a folder without it is none.</summary>
    public const string SetFile = "set.json";

    /// <summary>Where a set lies.</summary>
    public static string SetFolder(string recipeFolder, int number) =>
        Path.Combine(recipeFolder, number.ToString("0000", CultureInfo.InvariantCulture));

    /// <summary>The numbers of a recipe's sets, ascending.</summary>
    public static IEnumerable<int> Numbers(string recipeFolder) =>
        Directory.Exists(recipeFolder)
            ? Directory
                .EnumerateDirectories(recipeFolder)
                .Select(d => int.TryParse(Path.GetFileName(d), NumberStyles.None, CultureInfo.InvariantCulture, out int n) ? n : 0)
                .Where(n => n > 0 && File.Exists(Path.Combine(SetFolder(recipeFolder, n), SetFile)))
                .Order()
            : [];

    /// <summary>Makes a folder below <c>references</c> that survives a power cut.</summary>
    public static void Make(string folder)
    {
        Directory.CreateDirectory(folder);
        // Each of its parents may be new, up to the data folder, in which references was made.
        for (string? parent = Path.GetDirectoryName(folder); parent is not null; parent = Path.GetDirectoryName(parent))
        {
            AtomicFile.FlushFolder(parent);
            if (Path.GetFileName(parent) != "references")
                continue;
            AtomicFile.FlushFolder(Path.GetDirectoryName(parent)!);
            return;
        }
    }

    /// <summary>Deletes a folder with all that is in it, if it is there.</summary>
    public static void Delete(string folder)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }

    /// <summary>Deletes a file that nothing names any more; what can't be deleted now goes at the next start.</summary>
    public static void TryDelete(string file)
    {
        try
        {
            File.Delete(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It only takes space.
        }
    }
}
