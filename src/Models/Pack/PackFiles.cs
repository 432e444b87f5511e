using System.Buffers;
using System.Security.Cryptography;
using ClipFusion.Foundation.Files;

namespace ClipFusion.Models.Pack;

/// <summary>Files by content.</summary>
internal static class PackFiles
{
    private const int ChunkBytes = 1 << 20;

    /// <summary>Size and sha256 of a file, streamed.</summary>
    public static FileEntry Hash(string root, string path, CancellationToken cancellation = default) =>
        Hash(root, path, null, cancellation);

    /// <summary>Size and sha256 of a file, streamed; <paramref name="betweenChunks"/> is called every MiB.</summary>
    public static FileEntry Hash(string root, string path, Action? betweenChunks, CancellationToken cancellation)
    {
        using FileStream file = RegularFile.OpenStream(path);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        long size = 0;
        for (int n; (n = file.Read(buffer, 0, ChunkBytes)) > 0; size += n)
        {
            cancellation.ThrowIfCancellationRequested();
            betweenChunks?.Invoke();
            hash.AppendData(buffer, 0, n);
        }

        ArrayPool<byte>.Shared.Return(buffer);
        return new FileEntry(Path.GetRelativePath(root, path).Replace('\\', '/'), size, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }
}
