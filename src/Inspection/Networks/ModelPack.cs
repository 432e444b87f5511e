using ClipFusion.Models.Pack;
using ClipFusion.Models.Tokenizer;

namespace ClipFusion.Inspection.Networks;

/// <summary>An opened model pack: its manifest, its tokenisers and its networks, each loaded when it is first needed.</summary>
public sealed class ModelPack : IDisposable
{
    private readonly SessionSettings _settings;
    private readonly Dictionary<string, Lazy<NetworkSession>> _sessions;

    private ModelPack(string folder, PackManifest manifest, SessionSettings settings, bool debug)
    {
        (Folder, Manifest, _settings, IsDebug) = (folder, manifest, settings, debug);
        ClipTokenizer = ClipTokenizer.Load(Path.Combine(folder, GraphNames.ClipVocabulary), Path.Combine(folder, GraphNames.ClipMerges));
        DiffusionTokenizer = ClipTokenizer.Load(Path.Combine(folder, GraphNames.DiffusionVocabulary), Path.Combine(folder, GraphNames.DiffusionMerges));
        _sessions = manifest.Graphs.GroupBy(g => g.Name, StringComparer.Ordinal).ToDictionary(g => g.Key, g => new Lazy<NetworkSession>(() => Load(g)), StringComparer.Ordinal);
    }

    /// <summary>Where it lies.</summary>
    public string Folder { get; }

    /// <summary>What it is made of.</summary>
    public PackManifest Manifest { get; }

    /// <summary>Whether the graphs give raw taps.</summary>
    public bool IsDebug { get; }

    /// <summary>CLIP's tokeniser.</summary>
    public ClipTokenizer ClipTokenizer { get; }

    /// <summary>Stable Diffusion's tokeniser.</summary>
    public ClipTokenizer DiffusionTokenizer { get; }

    /// <summary>Opens and checks a pack.</summary>
    /// <param name="folder">The pack's folder.</param>
    /// <param name="settings">How its networks run; null for the defaults.</param>
    /// <param name="debug">Takes the variants with raw taps where there are some.</param>
    /// <param name="progress">Told what is being checked; null for silence.</param>
    /// <exception cref="PackException">There is no pack, or it is damaged.</exception>
    public static ModelPack Open(string folder, SessionSettings? settings = null, bool debug = false, IProgress<string>? progress = null)
        => new(folder, PackVerifier.Open(folder, progress), settings ?? new SessionSettings(), debug);

    internal NetworkSession Session(string graph) => _sessions.TryGetValue(graph, out Lazy<NetworkSession>? session)
        ? session.Value
        : throw new NetworkException($"pack '{Manifest.Name}' has no graph '{graph}'");

    /// <summary>Closes every network.</summary>
    public void Dispose()
    {
        foreach (Lazy<NetworkSession> session in _sessions.Values.Where(s => s.IsValueCreated)) session.Value.Dispose();
    }

    private long WeightBytes(string graph) => Manifest.Files.Where(f => f.Path == GraphNames.WeightFile(graph)).Sum(f => f.Size);

    private NetworkSession Load(IEnumerable<GraphEntry> variants)
    {
        // The variant for ONNX Runtime itself comes first in the enum.
        GraphEntry chosen = variants.OrderByDescending(v => v.Debug == IsDebug).ThenBy(v => v.Debug).ThenBy(v => v.Target).First();
        return new NetworkSession(Path.Combine(Folder, chosen.File), WeightBytes(chosen.Name), _settings);
    }
}
