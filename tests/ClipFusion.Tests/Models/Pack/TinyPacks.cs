using ClipFusion.Models.Checkpoints;
using ClipFusion.Models.Pack;
using ClipFusion.Tests.Models.Architectures;

[assembly: AssemblyFixture(typeof(ClipFusion.Tests.Models.Pack.TinyPacks))]

namespace ClipFusion.Tests.Models.Pack;

/// <summary>The tiny weight folders and the packs made of them, each built once for the whole run; tests only read them.</summary>
public sealed class TinyPacks : IDisposable
{
    internal static readonly int[] ClipBlocks = [1, 3];

    private readonly TemporaryFolder _root = new();
    private readonly Dictionary<Precision, string> _built = [];

    public TinyPacks() => TinyFolders.Write(_root.Root);

    /// <summary>The folder that holds <c>clip/</c> and <c>sd/</c>.</summary>
    public string Weights => _root.Root;

    /// <summary>A pack with features of CLIP blocks 1 and 3 and the value-value stream from block 2.</summary>
    public string Folder(Precision precision)
    {
        lock (_built)
        {
            if (_built.TryGetValue(precision, out string? folder))
                return folder;
            return _built[precision] = Build(_root.Root, _root[$"pack-{precision}"], precision);
        }
    }

    /// <summary>A copy of a pack that a test may damage.</summary>
    public string Copy(string target, Precision precision = Precision.Float32)
    {
        Directory.CreateDirectory(target);
        foreach (string file in Directory.EnumerateFiles(Folder(precision)))
            if (!Path.GetFileName(file).StartsWith('.'))
                File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
        return target;
    }

    /// <summary>Builds a pack from <c>clip/</c> and <c>sd/</c> below a folder.</summary>
    public static string Build(string weights, string target, Precision precision) =>
        Build(weights, target, Options(precision), null, TestContext.Current.CancellationToken);

    /// <summary>Builds a pack with any options.</summary>
    public static string Build(
        string weights,
        string target,
        PackOptions options,
        IProgress<string>? progress,
        CancellationToken cancellation
    )
    {
        using OpenClipFolder clip = OpenClipFolder.Open(Path.Combine(weights, "clip"));
        using DiffusionFolder diffusion = DiffusionFolder.Open(Path.Combine(weights, "sd"));
        PackBuilder.Build(clip, diffusion, target, options, progress, cancellation);
        return target;
    }

    /// <summary>The options of <see cref="Folder"/>.</summary>
    public static PackOptions Options(Precision precision) => new(precision, VvStart: 2, ClipBlocks: ClipBlocks);

    public void Dispose() => _root.Dispose();
}
