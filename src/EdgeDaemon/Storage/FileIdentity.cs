using System.Runtime.InteropServices;

namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>Which file is behind a path, whatever its name: device, inode and kind.</summary>
/// <param name="Device">Major and minor number of the file system's device.</param>
/// <param name="Inode">The file's number there.</param>
/// <param name="IsRegular">Whether it is a file with content, and no folder, pipe or device.</param>
internal readonly partial record struct FileIdentity(ulong Device, ulong Inode, bool IsRegular)
{
    private const int CurrentFolder = -100, BasicStats = 0x7ff, KindMask = 0xF000, RegularFile = 0x8000;

    /// <summary>Whether this system can tell files apart.</summary>
    public static bool IsKnown => OperatingSystem.IsLinux();

    /// <summary>The file at a path; null where there is none, or where the system can't tell.</summary>
    /// <param name="path">The path; links are followed.</param>
    public static FileIdentity? Of(string path)
    {
        if (!IsKnown || Statx(CurrentFolder, path, 0, BasicStats, out Status status) != 0) return null;
        return new FileIdentity(((ulong)status.DeviceMajor << 32) | status.DeviceMinor, status.Inode, (status.Mode & KindMask) == RegularFile);
    }

    /// <summary>Whether there is something at a path that is no file with content, such as a folder or a pipe: opening a pipe would wait
    /// for ever.</summary>
    /// <param name="path">The path.</param>
    public static bool IsSomethingElse(string path) => Of(path) is { IsRegular: false };

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, out Status status);

    // struct statx, the same on every processor; the tail is of no interest here.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Status
    {
        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(32)]
        public ulong Inode;

        [FieldOffset(136)]
        public uint DeviceMajor;

        [FieldOffset(140)]
        public uint DeviceMinor;
    }
}
