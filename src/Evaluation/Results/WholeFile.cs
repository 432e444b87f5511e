namespace ClipFusion.Evaluation.Results;

/// <summary>Files that are there whole or not at all, however the process ends.</summary>
internal static class WholeFile
{
    /// <summary>What a file is called while it is written.</summary>
    public const string TemporarySuffix = ".tmp";

    /// <summary>Writes a file and puts it in place; its folder is made.</summary>
    public static void Write(string path, Action<Stream> write)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string temporary = path + TemporarySuffix;
        using (FileStream file = File.Create(temporary))
        {
            write(file);
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Writes a text file.</summary>
    public static void Write(string path, string text) => Write(path, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(text)));

    /// <summary>Deletes what a killed process was writing.</summary>
    public static void DeleteTorn(string folder)
    {
        foreach (string torn in Directory.EnumerateFiles(folder, $"*{TemporarySuffix}", SearchOption.AllDirectories)) File.Delete(torn);
    }
}
