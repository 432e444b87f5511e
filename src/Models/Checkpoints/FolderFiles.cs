using ClipFusion.Models.Weights;

namespace ClipFusion.Models.Checkpoints;

/// <summary>Looks for the files of a weight folder and tells about all missing ones at once.</summary>
internal sealed class FolderFiles(string folder)
{
    private readonly List<string> _missing = [];

    /// <summary>The path of a file that must exist.</summary>
    public string Require(params string[] parts)
    {
        string path = Path.Combine([folder, .. parts]);
        if (!File.Exists(path))
            _missing.Add(path);
        return path;
    }

    /// <summary>The sub-folder that must hold weights of a base name.</summary>
    public string RequireWeights(string subfolder, string baseName)
    {
        string path = Path.Combine(folder, subfolder);
        if (WeightFiles.Find(path, baseName) is null)
            _missing.Add(WeightFiles.Missing(path, baseName));
        return path;
    }

    /// <summary>Ends the search.</summary>
    /// <exception cref="FolderException">Files are missing; names them all.</exception>
    public void ThrowIfMissing()
    {
        if (_missing.Count == 0)
            return;
        string what = Directory.Exists(folder) ? "files are missing" : "the folder does not exist";
        throw new FolderException($"{folder}: {what}, expected:{string.Concat(_missing.Select(m => $"{Environment.NewLine}  {m}"))}");
    }
}
