using ClipFusion.Models.Checkpoints;
using ClipFusion.Models.Pack;

namespace ClipFusion.Tests.Inspection;

/// <summary>Packs of tiny-a's weights, built once for all golden tests.</summary>
public sealed class GoldenPacks : IDisposable
{
    private readonly TemporaryFolder _root = new();
    private readonly Dictionary<string, string> _built = [];

    /// <summary>The folder of a pack with these options.</summary>
    public string Folder(Precision precision, int vvStart)
    {
        string key = $"{precision}-{vvStart}";
        lock (_built)
        {
            if (_built.TryGetValue(key, out string? folder))
                return folder;
            folder = _root[key];
            using OpenClipFolder clip = OpenClipFolder.Open(Fixtures.Path("tiny-a", "clip"));
            using DiffusionFolder diffusion = DiffusionFolder.Open(Fixtures.Path("tiny-a", "sd"));
            PackBuilder.Build(clip, diffusion, folder, new PackOptions(precision, vvStart, [2, 4]));
            return _built[key] = folder;
        }
    }

    public void Dispose() => _root.Dispose();
}
