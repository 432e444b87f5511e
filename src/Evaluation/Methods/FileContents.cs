using System.Collections.Concurrent;
using System.Security.Cryptography;
using ClipFusion.Foundation.Files;

namespace ClipFusion.Evaluation.Methods;

/// <summary>Files by what they hold, wherever they lie and whatever links lead there; each is read once. Safe for several
/// threads.</summary>
internal sealed class FileContents
{
    private readonly ConcurrentDictionary<string, string> _files = new(StringComparer.Ordinal);

    /// <summary>Half the SHA-256 of a file's bytes, as hexadecimal digits.</summary>
    public string Of(string path) =>
        _files.GetOrAdd(
            path,
            static file =>
            {
                using FileStream stream = RegularFile.OpenStream(file);
                return Digits(SHA256.HashData(stream));
            }
        );

    /// <summary>The same of some bytes.</summary>
    public static string Of(ReadOnlySpan<byte> bytes) => Digits(SHA256.HashData(bytes));

    private static string Digits(ReadOnlySpan<byte> hash) => Convert.ToHexStringLower(hash[..16]);
}
