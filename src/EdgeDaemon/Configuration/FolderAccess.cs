namespace ClipFusion.EdgeDaemon.Configuration;

/// <summary>Tries what a folder camera has to do in its folder.</summary>
internal static class FolderAccess
{
    /// <summary>Writes, renames and deletes a file of its own, in the folder and where files are put away.</summary>
    /// <param name="folder">A folder that is there.</param>
    /// <returns>What does not work; null when everything does.</returns>
    public static string? Problem(string folder)
    {
        // A leading dot: no camera takes it for a picture.
        string name = $".clipfusion-check-{Guid.NewGuid():N}";
        foreach (string place in (string[])[folder, Path.Combine(folder, "done"), Path.Combine(folder, "rejected")])
        {
            if (!Directory.Exists(place))
                continue;
            string file = Path.Combine(place, name);
            try
            {
                using (FileStream written = File.Create(file))
                    written.WriteByte(1);
                File.Move(file, file + ".tmp");
                File.Delete(file + ".tmp");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Remove(file);
                return $"{place} can't be written by this user: {e.Message}. Judged files could not be moved away";
            }
        }

        return null;
    }

    private static void Remove(string file)
    {
        try
        {
            File.Delete(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What can't be deleted either is told with the first failure.
        }
    }
}
