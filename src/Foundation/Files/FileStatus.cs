using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace ClipFusion.Foundation.Files;

/// <summary>What a name leads to.</summary>
public enum FileKind
{
    /// <summary>A file with content.</summary>
    Regular,

    /// <summary>A folder.</summary>
    Folder,

    /// <summary>A named pipe: opening it may wait for its other end.</summary>
    Pipe,

    /// <summary>A socket.</summary>
    Socket,

    /// <summary>A device.</summary>
    Device,

    /// <summary>A symbolic link that was not followed, or something newer than this program.</summary>
    Other,
}

/// <summary>What Linux's <c>statx</c> says of a file or folder.</summary>
/// <param name="Identity">Which one it is.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Written">Time of its last change, UTC, as its file system keeps it.</param>
public readonly record struct FileStatus(FileIdentity Identity, FileKind Kind, long Length, DateTime Written)
{
    private const int StructBytes = 256,
        CurrentFolder = -100,
        NoFollow = 0x100,
        EmptyPath = 0x1000,
        KindMask = 0xF000;
    private const uint BasicFields = 0x7FF;

    /// <summary>
    /// The status of a path; null where nothing is there, nothing can be told of it (<see cref="Marshal.GetLastPInvokeError"/>), or the
    /// system is not Linux.
    /// </summary>
    /// <param name="path">A path without zero bytes.</param>
    /// <param name="followLinks">Whether a link as the path's last part is followed; where not, the status is the link's own.</param>
    public static FileStatus? Of(string path, bool followLinks = true) => Of(Encoding.UTF8.GetBytes(path + "\0"), followLinks);

    /// <summary>The status of a path whose bytes need not be UTF-8; they end in a zero byte.</summary>
    /// <inheritdoc cref="Of(string, bool)"/>
    public static FileStatus? Of(ReadOnlySpan<byte> path, bool followLinks = true)
    {
        Span<byte> status = stackalloc byte[StructBytes];
        int flags = followLinks ? 0 : NoFollow;
        return OperatingSystem.IsLinux() && Libc.StatX(CurrentFolder, path, flags, BasicFields, status) == 0 ? Parse(status) : null;
    }

    /// <summary>The status of an open file; null as for a path.</summary>
    public static FileStatus? Of(SafeFileHandle file)
    {
        Span<byte> status = stackalloc byte[StructBytes];
        return OperatingSystem.IsLinux() && Libc.StatX(file, [0], EmptyPath, BasicFields, status) == 0 ? Parse(status) : null;
    }

    private static FileStatus Parse(ReadOnlySpan<byte> status)
    {
        long seconds = BinaryPrimitives.ReadInt64LittleEndian(status[112..]);
        uint nanoseconds = BinaryPrimitives.ReadUInt32LittleEndian(status[120..]);
        // A file system may keep any number; what .NET can't say is as good as its nearest.
        long ticks = Math.Clamp(seconds, -62_135_596_800, 253_402_300_799) * TimeSpan.TicksPerSecond + (nanoseconds / 100);
        ulong major = BinaryPrimitives.ReadUInt32LittleEndian(status[136..]),
            minor = BinaryPrimitives.ReadUInt32LittleEndian(status[140..]);
        var identity = new FileIdentity((major << 32) | minor, BinaryPrimitives.ReadUInt64LittleEndian(status[32..]));
        FileKind kind = (BinaryPrimitives.ReadUInt16LittleEndian(status[28..]) & KindMask) switch
        {
            0x8000 => FileKind.Regular,
            0x4000 => FileKind.Folder,
            0x1000 => FileKind.Pipe,
            0xC000 => FileKind.Socket,
            0x2000 or 0x6000 => FileKind.Device,
            _ => FileKind.Other,
        };
        var written = new DateTime(DateTime.UnixEpoch.Ticks + ticks, DateTimeKind.Utc);
        return new FileStatus(identity, kind, BinaryPrimitives.ReadInt64LittleEndian(status[40..]), written);
    }
}
