using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ClipFusion.Camera.Folder;

/// <summary>What tells whether a name still means the file that was looked at.</summary>
/// <param name="Length">Bytes.</param>
/// <param name="Written">Time of its last change, UTC, as its file system keeps it.</param>
/// <param name="Inode">Its number in its file system.</param>
internal readonly record struct FileVersion(long Length, DateTime Written, ulong Inode);

/// <summary>Where a folder really lies: another mount or folder under the same path has another place.</summary>
internal readonly record struct FolderPlace(ulong Device, ulong Inode);

/// <summary>What <c>statx</c> says of a file or folder. Names are bytes, see <see cref="NativeName"/>.</summary>
/// <param name="Version">Length, time and inode.</param>
/// <param name="Device">Device that it lies on.</param>
/// <param name="IsRegular">Whether it is a file with content: no folder, pipe, link or device.</param>
/// <param name="IsFolder">Whether it is a folder.</param>
internal readonly record struct FileStatus(FileVersion Version, ulong Device, bool IsRegular, bool IsFolder)
{
    private const int StructBytes = 256, CurrentFolder = -100, NoFollow = 0x100, EmptyPath = 0x1000, KindMask = 0xF000, Regular = 0x8000, Folder = 0x4000;
    private const uint BasicFields = 0x7FF;

    /// <summary>The status of a path, of the link itself where it is one; null when nothing is there, or nothing can be told of it.</summary>
    public static FileStatus? Of(string path)
    {
        Span<byte> status = stackalloc byte[StructBytes];
        return Libc.StatX(CurrentFolder, NativeName.ToBytes(path), NoFollow, BasicFields, status) == 0 ? Parse(status) : null;
    }

    /// <summary>The status of an open file.</summary>
    /// <exception cref="IOException">Its disk or share fails.</exception>
    public static FileStatus Of(SafeFileHandle file)
    {
        Span<byte> status = stackalloc byte[StructBytes];
        if (Libc.StatX(file, [0], EmptyPath, BasicFields, status) != 0) throw new IOException(Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError()));
        return Parse(status);
    }

    /// <summary>Where a folder lies now, links followed; null when there is none.</summary>
    public static FolderPlace? PlaceOf(string folder)
    {
        Span<byte> status = stackalloc byte[StructBytes];
        if (Libc.StatX(CurrentFolder, NativeName.ToBytes(folder), 0, BasicFields, status) != 0) return null;
        return Parse(status) is { IsFolder: true } it ? new FolderPlace(it.Device, it.Version.Inode) : null;
    }

    private static FileStatus Parse(ReadOnlySpan<byte> status)
    {
        int kind = BinaryPrimitives.ReadUInt16LittleEndian(status[28..]) & KindMask;
        long seconds = BinaryPrimitives.ReadInt64LittleEndian(status[112..]);
        uint nanoseconds = BinaryPrimitives.ReadUInt32LittleEndian(status[120..]);
        // A file system may keep any number; what .NET can't say is as good as its nearest.
        long ticks = Math.Clamp(seconds, -62_135_596_800, 253_402_300_799) * TimeSpan.TicksPerSecond + (nanoseconds / 100);
        ulong device = ((ulong)BinaryPrimitives.ReadUInt32LittleEndian(status[136..]) << 32) | BinaryPrimitives.ReadUInt32LittleEndian(status[140..]);
        var version = new FileVersion(
            BinaryPrimitives.ReadInt64LittleEndian(status[40..]), new DateTime(DateTime.UnixEpoch.Ticks + ticks, DateTimeKind.Utc), BinaryPrimitives.ReadUInt64LittleEndian(status[32..]));
        return new FileStatus(version, device, kind == Regular, kind == Folder);
    }
}
