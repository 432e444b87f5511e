using ClipFusion.Inspection.Maps;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;
using Microsoft.ML.OnnxRuntime;

namespace ClipFusion.Inspection;

/// <summary>Steps 4 and 5 for CLIP: one pass of the image tower, then the language map, the class score and the distances to the banks.</summary>
internal sealed class PatchClip(ModelPack pack, Recipe recipe, TextPrompts prompts)
{
    private readonly ClipPart _part = pack.Manifest.Clip;

    private string Patches => recipe.LanguageStream == ClipStream.Vv ? GraphNames.PatchesVv : GraphNames.PatchesOriginal;

    private string[] Features => [.. _part.Blocks.Select(b => recipe.FeatureStream == ClipStream.Vv ? GraphNames.FeaturesVv(b) : GraphNames.FeaturesOriginal(b))];

    /// <summary>Runs the image tower.</summary>
    /// <param name="pixels">uint8 [S, S, 3].</param>
    /// <param name="staysOnDevice">Whether the features stay where the tower ran, for <see cref="Vision"/>; otherwise they can be read here.</param>
    /// <param name="taps">Receives raw tensors of a debug pack; null for none.</param>
    /// <param name="cancellation">Ends the run.</param>
    public NetworkOutputs Encode(byte[] pixels, bool staysOnDevice, TensorTaps? taps, CancellationToken cancellation)
    {
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(pixels, [1, _part.ImageSize, _part.ImageSize, 3]);
        string[] features = Features;
        string[] outputs = taps is null ? [GraphNames.Class, Patches, .. features] : [.. RawNames().Select(r => r.Raw), GraphNames.Class, Patches, .. features];
        NetworkOutputs o = pack.Session(GraphNames.ClipImage).Run(new Dictionary<string, OrtValue> { [GraphNames.Pixels] = input }, outputs, cancellation, staysOnDevice ? features.Contains : null);
        if (taps is not null)
        {
            foreach ((string raw, string tap) in RawNames()) taps.Add(tap, o.Floats(raw), o.Shape(raw));
        }

        return o;
    }

    /// <summary>M^{CLIP,L} and S^{CLIP,L} (equation 1).</summary>
    public (AnomalyMap Map, float Score) Language(NetworkOutputs o)
    {
        double temperature = recipe.Temperature ?? 1 / (double)_part.LogitScale;
        var map = new AnomalyMap(_part.GridSize, _part.GridSize);
        LanguageScore.Softmax(o.Row(Patches, 0), prompts.Normal, prompts.Abnormal, temperature, map.Values);
        Span<float> score = stackalloc float[1];
        LanguageScore.Softmax(o.Row(GraphNames.Class, 0), prompts.Normal, prompts.Abnormal, temperature, score);
        return (map, score[0]);
    }

    /// <summary>Distances to the bank of each block (equation 7 before its mean).</summary>
    public IReadOnlyList<AnomalyMap> Vision(NetworkOutputs o, IReadOnlyList<MemoryBank> banks, BankSearch search) =>
        search.Run([.. Features.Select((name, i) => new FeatureGrid(banks[i], o, name, 0, _part.GridSize))]);

    /// <summary>Unit features of each block, copied: rows of the banks.</summary>
    public float[][] ReferenceRows(NetworkOutputs o) => [.. Features.Select(name => o.Row(name, 0).ToArray())];

    private IEnumerable<(string Raw, string Tap)> RawNames() =>
    [
        (GraphNames.Raw(GraphNames.Class), "clip.cls"),
        (GraphNames.Raw(GraphNames.PatchesVv), "clip.patches"),
        (GraphNames.Raw(GraphNames.PatchesOriginal), "clip.patches_ori"),
        .. _part.Blocks.Select(b => (GraphNames.Raw(GraphNames.FeaturesVv(b)), $"clip.vv.{b}")),
        .. _part.Blocks.Select(b => (GraphNames.Raw(GraphNames.FeaturesOriginal(b)), $"clip.ori.{b}")),
    ];
}
