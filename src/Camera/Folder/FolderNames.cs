using System.Collections;
using System.Runtime.InteropServices;
using ClipFusion.Foundation;

namespace ClipFusion.Camera.Folder;

/// <summary>The names in a folder, folders left out, one after the other and never all in memory.</summary>
/// <param name="path">The folder.</param>
/// <remarks>.NET's own listing loses names that are not UTF-8: it shows something that can't be opened.</remarks>
internal sealed class FolderNames(string path) : IEnumerable<string>
{
    private const int KindOffset = 18,
        NameOffset = 19;
    private const byte FolderKind = 4;

    /// <exception cref="IOException">The folder is not there or can't be listed.</exception>
    public IEnumerator<string> GetEnumerator()
    {
        nint folder = Libc.OpenFolder(NativeName.ToBytes(path));
        if (folder == 0)
            throw new IOException($"{path} can't be listed: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        try
        {
            while (Libc.ReadFolder(folder) is var entry && entry != 0)
            {
                if (Marshal.ReadByte(entry, KindOffset) == FolderKind)
                    continue;
                string name = NameOf(entry);
                if (name is not ("." or ".."))
                    yield return name;
            }

            // At the end of the folder there is no error.
            if (Marshal.GetLastPInvokeError() is > 0 and var error)
                throw new IOException($"{path} can't be listed to its end: {Marshal.GetPInvokeErrorMessage(error)}");
        }
        finally
        {
            _ = Libc.CloseFolder(folder);
        }
    }

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static unsafe string NameOf(nint entry) =>
        NativeName.FromBytes(MemoryMarshal.CreateReadOnlySpanFromNullTerminated((byte*)entry + NameOffset));
}
