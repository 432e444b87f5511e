namespace ClipFusion.Models;

/// <summary>What a path leads to: size and time of a link are its own, and say nothing about what will be read.</summary>
public static class TargetFile
{
    /// <summary>The file at the end of every link; it may not exist.</summary>
    /// <param name="path">A file or a link to one.</param>
    /// <exception cref="IOException">The links lead in a circle.</exception>
    public static FileInfo Of(string path)
    {
        var file = new FileInfo(path);
        // What is not there is no link either; asking it is an error where its folder is missing.
        if (!file.Exists && file.LinkTarget is null)
            return file;
        return file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
    }
}
