using System.Buffers.Binary;
using ClipFusion.Foundation;

namespace ClipFusion.Camera.Folder;

/// <summary>Tells file systems whose writers sit on other machines, or in another program: inotify does not hear of them.</summary>
internal static class FileSystemKind
{
    // From linux/magic.h and the file systems' own sources.
    private static readonly Dictionary<uint, string> Remote = new()
    {
        [0x6969] = "NFS",
        [0x517B] = "SMB",
        [0xFF534D42] = "CIFS",
        [0xFE534D42] = "SMB2",
        [0x65735546] = "FUSE",
        [0x01021997] = "9p",
        [0x5346414F] = "AFS",
        [0x6B414653] = "AFS",
        [0x73757245] = "Coda",
        [0x00C36400] = "Ceph",
        [0x786F4256] = "VirtualBox share",
        [0xBACBACBC] = "VMware share",
        [0x7C7C6673] = "Parallels share",
        [0x564C] = "NCP",
        [0x01161970] = "GFS2",
        [0x7461636F] = "OCFS2",
        [0x0BD00BD0] = "Lustre",
        [0x20030528] = "OrangeFS",
        [0x47504653] = "GPFS",
    };

    /// <summary>Name of the shared file system that a folder lies on; null for a disk of this machine, or when nothing can be
    /// told.</summary>
    public static string? RemoteName(string folder)
    {
        Span<byte> status = stackalloc byte[256];
        return Libc.StatFs(NativeName.ToBytes(folder), status) == 0 ? RemoteName(BinaryPrimitives.ReadUInt32LittleEndian(status)) : null;
    }

    /// <summary>Name of the shared file system of a <c>f_type</c>; null for another.</summary>
    public static string? RemoteName(uint type) => Remote.GetValueOrDefault(type);
}
