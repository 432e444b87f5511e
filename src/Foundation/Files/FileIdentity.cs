using System.Text;

namespace ClipFusion.Foundation.Files;

/// <summary>What a path leads to, whatever it is called: links, mounts over a folder and other spellings lead to the same.</summary>
/// <param name="Device">The file system.</param>
/// <param name="Inode">The file or folder in it.</param>
public readonly record struct FileIdentity(ulong Device, ulong Inode)
{
    /// <summary>The path of an existing file or folder without links and dots; null where there is none or it can't be looked at.</summary>
    public static string? RealPath(string path)
    {
        if (!RegularFile.IsPath(path))
            return null;
        byte[] resolved = new byte[Libc.MaxPath];
        return Libc.RealPath(path, resolved) == 0 ? null : Encoding.UTF8.GetString(resolved.AsSpan(0, resolved.AsSpan().IndexOf((byte)0)));
    }

    /// <summary>The identity of an existing file or folder, links followed; null where there is none or it can't be looked at.</summary>
    public static FileIdentity? Of(string path) => RegularFile.IsPath(path) ? FileStatus.Of(path)?.Identity : null;
}
