using ClipFusion.Evaluation.Methods;
using ClipFusion.Inspection.Maps;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;

namespace ClipFusion.Evaluation.Baselines;

/// <summary>
/// MaskCLIP as a row of the tables: every patch's embedding, as MaskCLIP's last block gives it, against the plain text pair. Zero-shot. The
/// score is the map's largest value, which is ours: its authors label pixels.
/// </summary>
internal sealed class MaskClipMethod : IMethod
{
    private const string Row = "maskclip";

    private static readonly string Patches = GraphNames.Raw(GraphNames.PatchesOriginal);

    private readonly ModelPack _pack;
    private readonly PromptEmbeddings _embeddings;
    private readonly ClipImages _images;

    /// <summary>The method.</summary>
    /// <param name="pack">A pack with MaskCLIP's graph; shared, not owned.</param>
    /// <param name="recipe">Crop and grey levels are taken from it, nothing else.</param>
    /// <param name="store">Keeps what the networks say.</param>
    public MaskClipMethod(ModelPack pack, Recipe recipe, INetworkStore store) =>
        (_pack, _embeddings, _images) = (
            pack,
            new PromptEmbeddings(pack),
            new ClipImages(pack, GraphNames.MaskClipImage, [Patches], recipe, store)
        );

    public IReadOnlyList<string> Rows { get; } = [Row];

    public bool Supports(int shots) => shots == 0;

    public string Fingerprint(string objectWord) => $"{Row} {_images.Fingerprint(objectWord)}";

    public void EnsurePrompts(string objectWord)
    {
        (IReadOnlyList<string> normal, IReadOnlyList<string> anomalous) = TextPair.Prompts(PromptSet.Plain, objectWord);
        _embeddings.Ensure([.. normal, .. anomalous], "MaskCLIP's prompts");
    }

    public void Prepare(Picture picture, PictureRole role, CancellationToken cancellation)
    {
        if (role == PictureRole.Query)
            _images.Prepare(picture, null, cancellation);
    }

    public Func<Picture, Judgement[]> Enroll(
        string objectWord,
        int shots,
        IReadOnlyList<Picture> references,
        CancellationToken cancellation
    )
    {
        var texts = TextPair.Of(_embeddings, PromptSet.Plain, objectWord, cancellation);
        ClipPart clip = _pack.Manifest.RequireClip();
        return picture =>
        {
            using StoredOutputs said = _images.Get(picture, null, cancellation);
            float[] map = Map(said.Tensors.Floats(Patches), texts, 1 / clip.LogitScale);
            return
            [
                new Judgement(
                    map.Max(),
                    said.Covered,
                    (height, width, destination) => BilinearResize.Resize(map, clip.GridSize, clip.GridSize, destination, height, width)
                ),
            ];
        };
    }

    public void Dispose() { }

    /// <summary>The anomalous side of every patch [P].</summary>
    /// <param name="patches">Embeddings [P, E].</param>
    /// <param name="texts">The pair.</param>
    /// <param name="temperature">Above 0.</param>
    internal static float[] Map(ReadOnlySpan<float> patches, TextPair texts, double temperature)
    {
        int width = texts.Normal.Length;
        float[] map = new float[patches.Length / width];
        for (int p = 0; p < map.Length; p++)
            map[p] = texts.AnomalousSide(patches.Slice(p * width, width), temperature);
        return map;
    }
}
