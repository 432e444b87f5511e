using System.Security.Cryptography;
using ClipFusion.EdgeDaemon.Recipes;
using ClipFusion.Foundation.Files;

namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>Hashes of pictures and of lists of them.</summary>
internal static class ContentHash
{
    /// <summary>SHA-256 of a file, 64 hexadecimal digits.</summary>
    /// <exception cref="IOException">It is missing, can't be read or is too large for a reference picture.</exception>
    public static string OfFile(string path)
    {
        using FileStream content = RegularFile.OpenStream(path);
        return content.Length > StationRecipeWriter.MaxFileBytes
            ? throw new IOException($"{path}: {content.Length} bytes, at most {StationRecipeWriter.MaxFileBytes} are read")
            : Convert.ToHexStringLower(SHA256.HashData(content));
    }

    /// <summary>The first sixteen hexadecimal digits of the SHA-256 over the files' own, in their order.</summary>
    public static string Of(IEnumerable<string> sha256)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string file in sha256)
            hash.AppendData(Convert.FromHexString(file));
        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 8));
    }
}
