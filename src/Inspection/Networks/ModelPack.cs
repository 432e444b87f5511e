using System.Security.Cryptography;
using ClipFusion.Foundation.Files;
using ClipFusion.Inspection.MemoryBanks;
using ClipFusion.Models.Pack;
using ClipFusion.Models.Tokenizer;
using ClipFusion.OnnxInference;
using ClipFusion.OnnxInference.Engines;
using ClipFusion.OnnxInference.Parity;
using ClipFusion.OnnxInference.Providers;
using ClipFusion.OnnxInference.Sessions;
using Microsoft.ML.OnnxRuntime;

namespace ClipFusion.Inspection.Networks;

/// <summary>An opened model pack: its manifest, its tokenisers and its networks, each loaded when it is first needed. Safe for several
/// threads.</summary>
public sealed class ModelPack : GraphSessions
{
    private readonly ClipTokenizer? _clipTokenizer;
    private readonly ClipTokenizer? _diffusionTokenizer;

    private ModelPack(string folder, PackManifest manifest, string hash, ProviderSettings settings, ProviderSet providers, bool debug)
        : base(folder, manifest, settings, providers, debug)
    {
        Hash = hash;
        _clipTokenizer = manifest.Clip is null ? null : Tokenizer(folder, GraphNames.ClipVocabulary, GraphNames.ClipMerges);
        _diffusionTokenizer = manifest.Diffusion is null
            ? null
            : Tokenizer(folder, GraphNames.DiffusionVocabulary, GraphNames.DiffusionMerges);
    }

    /// <summary>
    /// Raised when it is decided where the memory banks of an inspector are searched whose networks run on a GPU, and again when that
    /// changes; handlers return at once.
    /// </summary>
    public event Action<BankSearchDecision>? BankSearchChosen
    {
        add => Searches.Decided += value;
        remove => Searches.Decided -= value;
    }

    /// <summary>First sixteen digits of the manifest's SHA-256, which covers every file; names the pack in verdicts.</summary>
    public string Hash { get; }

    /// <summary>CLIP's tokeniser.</summary>
    /// <exception cref="PackException">The pack has no CLIP.</exception>
    public ClipTokenizer ClipTokenizer =>
        _clipTokenizer ?? throw new PackException($"pack '{Manifest.Name}' has no CLIP, and so no tokeniser of it");

    /// <summary>Stable Diffusion's tokeniser.</summary>
    /// <exception cref="PackException">The pack has no diffusion model.</exception>
    public ClipTokenizer DiffusionTokenizer =>
        _diffusionTokenizer ?? throw new PackException($"pack '{Manifest.Name}' has no diffusion model, and so no tokeniser of it");

    /// <summary>Where memory banks are searched, for each inspector whose networks run on a GPU.</summary>
    public IReadOnlyList<BankSearchDecision> BankSearches => Searches.Current;

    internal BankSearchDecisions Searches { get; } = new();

    /// <summary>Opens and checks a pack.</summary>
    /// <param name="folder">The pack's folder.</param>
    /// <param name="settings">How its networks run on the CPU; null for the defaults.</param>
    /// <param name="debug">Takes the variants with raw taps where there are some; they run on the CPU.</param>
    /// <param name="progress">Told what is being checked; null for silence.</param>
    /// <param name="providers">Who runs the networks; null for the CPU.</param>
    /// <exception cref="PackException">There is no pack, or it is damaged.</exception>
    public static ModelPack Open(
        string folder,
        SessionSettings? settings = null,
        bool debug = false,
        IProgress<string>? progress = null,
        ProviderSettings? providers = null
    )
    {
        PackManifest manifest;
        string hash;
        try
        {
            manifest = PackVerifier.Open(folder, progress);
            hash = Convert.ToHexStringLower(
                SHA256.HashData(RegularFile.ReadAllBytes(Path.Combine(folder, PackManifest.FileName), PackManifest.MaxBytes)).AsSpan(0, 8)
            );
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PackException($"model pack '{folder}' can't be read: {e.Message}", e);
        }

        ProviderSettings chosen = debug || providers is null ? ProviderSettings.CpuOnly : providers;
        return new ModelPack(folder, manifest, hash, chosen, ProviderSet.Of(hash, settings ?? new SessionSettings(), chosen), debug);
    }

    /// <summary>Opens a pack that is being built, on the CPU, without checks and without a hash.</summary>
    internal static ModelPack OpenUnchecked(string folder, PackManifest manifest) =>
        new(
            folder,
            manifest,
            "",
            ProviderSettings.CpuOnly,
            ProviderSet.Of("", new SessionSettings(), ProviderSettings.CpuOnly),
            debug: false
        );

    /// <summary>Opens a pack with other providers than the real ones.</summary>
    internal static ModelPack OpenWith(string folder, ProviderSettings settings, ProviderSet providers) =>
        new(folder, PackVerifier.Open(folder), "", settings, providers, debug: false);

    /// <summary>Runs a text tower.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="ids">Token ids [prompts, context length], padded (<see cref="ClipTokenizer"/>).</param>
    /// <param name="prompts">How many prompts there are, at least 1.</param>
    /// <param name="outputs">The outputs that are wanted.</param>
    /// <param name="cancellation">Ends the run.</param>
    /// <returns>Owned by the caller; a row a prompt.</returns>
    /// <exception cref="NetworkException">The pack has no such graph, or it failed.</exception>
    public NetworkOutputs RunOnTokens(
        string graph,
        long[] ids,
        int prompts,
        IReadOnlyCollection<string> outputs,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(ids);
        ArgumentOutOfRangeException.ThrowIfLessThan(prompts, 1);
        using OrtValue tokens = OrtValue.CreateTensorValueFromMemory(ids, [prompts, ids.Length / prompts]);
        return Run(graph, new Dictionary<string, OrtValue> { [GraphNames.Tokens] = tokens }, outputs, cancellation);
    }

    /// <inheritdoc/>
    protected override ProbeInputs ProbeOf(string graph, GoldenTensors goldens, bool other) => PackProbe.Of(this, graph, goldens, other);

    private static ClipTokenizer Tokenizer(string folder, string vocabulary, string merges)
    {
        try
        {
            return ClipTokenizer.Load(Path.Combine(folder, vocabulary), Path.Combine(folder, merges));
        }
        catch (VocabularyException e)
        {
            throw new PackException(e.Message, e);
        }
    }
}
