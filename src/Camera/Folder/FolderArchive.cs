using System.Runtime.InteropServices;
using ClipFusion.Foundation.Files;

namespace ClipFusion.Camera.Folder;

/// <summary>Moves files that are through to <c>done</c> or <c>rejected</c> inside their folder. Nothing is deleted or
/// overwritten.</summary>
internal sealed class FolderArchive(string folder, TimeProvider time)
{
    private const int MostAttempts = 1000;

    /// <summary>Moves a file to <c>done</c>.</summary>
    /// <exception cref="IOException">It can't be moved.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be moved.</exception>
    public void Done(string name) => Move(name, "done");

    /// <summary>Moves a file to <c>rejected</c> and writes the reason beside it.</summary>
    /// <exception cref="IOException">It can't be moved.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be moved.</exception>
    public void Reject(string name, string reason)
    {
        string target = Move(name, "rejected");
        string text = Path.Combine(Path.GetDirectoryName(target)!, FileNames.ReasonFor(Path.GetFileName(target)));
        AtomicFile.Write(text, Durability.Process, $"{NativeName.Show(name)}: {reason}\n");
    }

    private string Move(string name, string subfolder)
    {
        string source = Path.Combine(folder, name);
        // A folder that has gone must not come back as an empty one.
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"{folder} is not there");
        string targets = Directory.CreateDirectory(Path.Combine(folder, subfolder)).FullName;
        // In the archive every name is text, whatever bytes it had.
        string readable = NativeName.Show(name);
        string target = Path.Combine(targets, readable);
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                if (!Path.Exists(target))
                {
                    if (NativeName.IsText(name))
                        File.Move(source, target, overwrite: false);
                    else if (NativeFile.Rename(source, target) != 0)
                        throw new IOException($"{readable}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
                    return target;
                }
            }
            catch (IOException) when (Path.Exists(target) && attempt < MostAttempts)
            {
                // Somebody took the name in between: the next one.
            }
            if (attempt >= MostAttempts)
                throw new IOException($"{target} and {attempt} names like it are taken");
            target = Path.Combine(targets, FileNames.WithSuffix(readable, time.GetUtcNow(), attempt));
        }
    }
}
