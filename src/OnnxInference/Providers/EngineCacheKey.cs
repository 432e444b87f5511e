using System.Security.Cryptography;
using System.Text;

namespace ClipFusion.OnnxInference.Providers;

/// <summary>Everything that an engine depends on. Any change is another folder, so that an engine never meets what it was not built
/// for.</summary>
/// <param name="PackHash">Names the pack's content.</param>
/// <param name="Identity">GPU, driver and libraries.</param>
/// <param name="Float16">Whether float16 kernels were allowed.</param>
/// <param name="WorkspaceBytes">Scratch memory, which decides what kernels could be chosen.</param>
public sealed record EngineCacheKey(string PackHash, GpuIdentity Identity, bool Float16, long WorkspaceBytes)
{
    private const int MaxReadable = 48;

    /// <summary>
    /// The folder's name: the GPU and TensorRT in words for people, in <c>[a-z0-9.-]</c>, and 16 digits of a hash of everything. Never
    /// longer than 65 characters, and never a way out of the cache folder, whatever a driver calls its GPU.
    /// </summary>
    public string FolderName
    {
        get
        {
            // A length before each part: "a" and "bc" is not "ab" and "c".
            string[] parts =
            [
                PackHash,
                Identity.Gpu,
                Identity.Driver,
                Identity.TensorRt,
                Identity.OnnxRuntime,
                $"{Float16}",
                FormattableString.Invariant($"{WorkspaceBytes}"),
            ];
            byte[] all = Encoding.UTF8.GetBytes(string.Concat(parts.Select(p => FormattableString.Invariant($"{p.Length}:{p};"))));
            return $"{Readable($"{Identity.Gpu}-trt{Identity.TensorRt}")}-{Convert.ToHexStringLower(SHA256.HashData(all).AsSpan(0, 8))}";
        }
    }

    private static string Readable(string text)
    {
        string safe = string.Concat(
                text.ToLowerInvariant().Select(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '.' ? c : '-')
            )
            .Trim('-', '.');
        return safe.Length == 0 ? "gpu"
            : safe.Length > MaxReadable ? safe[..MaxReadable]
            : safe;
    }
}
