using ClipFusion.Evaluation.Methods;
using ClipFusion.Inspection.Maps;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;

namespace ClipFusion.Evaluation.Baselines;

/// <summary>
/// Trans-MM as a row of the tables: how much each patch has to do with the picture's likeness to "anomalous [o]", by the last block as in
/// its authors' notebook, or by all. Zero-shot. The score is the map's largest value, which is ours: its authors look at maps.
/// </summary>
internal sealed class TransMmMethod : IMethod
{
    private readonly ModelPack _pack;
    private readonly PromptEmbeddings _embeddings;
    private readonly ClipImages _images;
    private readonly Dictionary<string, float[]> _texts = new(StringComparer.Ordinal);

    /// <summary>The method.</summary>
    /// <param name="pack">A pack with Trans-MM's graphs; shared, not owned.</param>
    /// <param name="recipe">Crop and grey levels are taken from it, nothing else.</param>
    /// <param name="store">Keeps what the networks say.</param>
    /// <param name="allBlocks">Whether all blocks count, not the last one alone.</param>
    public TransMmMethod(ModelPack pack, Recipe recipe, INetworkStore store, bool allBlocks)
    {
        (_pack, _embeddings) = (pack, new PromptEmbeddings(pack));
        (Row, string graph) = allBlocks ? ("trans-mm-all", GraphNames.TransMmImage) : ("trans-mm", GraphNames.TransMmLastImage);
        _images = new ClipImages(pack, graph, [GraphNames.Relevance], recipe, store);
    }

    public IReadOnlyList<string> Rows => [Row];

    private string Row { get; }

    public bool Supports(int shots) => shots == 0;

    public string Fingerprint(string objectWord) => $"{Row} {_images.Fingerprint(objectWord)}";

    public void EnsurePrompts(string objectWord) => _embeddings.Ensure(Prompts(objectWord), "Trans-MM's prompts");

    public void Prepare(Picture picture, PictureRole role, CancellationToken cancellation)
    {
        if (role == PictureRole.Query)
            _images.Prepare(picture, Text(picture.ObjectWord, cancellation), cancellation);
    }

    public Func<Picture, Judgement[]> Enroll(
        string objectWord,
        int shots,
        IReadOnlyList<Picture> references,
        CancellationToken cancellation
    )
    {
        BesidePixels text = Text(objectWord, cancellation);
        int grid = _pack.Manifest.RequireClip().GridSize;
        return picture =>
        {
            using StoredOutputs said = _images.Get(picture, text, cancellation);
            float[] map = said.Tensors.Floats(GraphNames.Relevance).ToArray();
            return
            [
                new Judgement(
                    map.Max(),
                    said.Covered,
                    (height, width, destination) => BilinearResize.Resize(map, grid, grid, destination, height, width)
                ),
            ];
        };
    }

    public void Dispose() { }

    private static IReadOnlyList<string> Prompts(string objectWord) => TextPair.Prompts(PromptSet.Plain, objectWord).Anomalous;

    private BesidePixels Text(string objectWord, CancellationToken cancellation)
    {
        lock (_texts)
        {
            if (!_texts.TryGetValue(objectWord, out float[]? embedding))
                _texts[objectWord] = embedding = TextPair.Of(_embeddings, PromptSet.Plain, objectWord, cancellation).Anomalous;
            return BesidePixels.Text(objectWord, embedding);
        }
    }
}
