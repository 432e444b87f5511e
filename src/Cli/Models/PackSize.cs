using ClipFusion.Models.Pack;

namespace ClipFusion.Cli.Models;

/// <summary>How large a pack is.</summary>
internal static class PackSize
{
    /// <summary>Bytes of all its files but the manifest.</summary>
    public static long Of(PackManifest pack) => pack.Files.Sum(f => f.Size);
}
