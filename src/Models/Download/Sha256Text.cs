using System.Security.Cryptography;
using ClipFusion.Foundation.Files;

namespace ClipFusion.Models.Download;

/// <summary>SHA-256 sums as 64 lower-case hexadecimal digits.</summary>
internal static class Sha256Text
{
    public static bool IsValid(string text) => text.Length == 64 && text.All(char.IsAsciiHexDigitLower);

    /// <summary>The sum of everything that was appended so far; the running hash goes on.</summary>
    public static string Of(IncrementalHash hash) => Convert.ToHexStringLower(hash.GetCurrentHash());

    /// <summary>The sum of a file, read as a stream.</summary>
    public static async Task<string> OfFileAsync(string path, CancellationToken cancellation)
    {
        var stream = RegularFile.OpenStream(path);
        await using (stream.ConfigureAwait(false))
        {
            return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellation).ConfigureAwait(false));
        }
    }
}
