using ClipFusion.Evaluation.Methods;
using ClipFusion.Inspection.Maps;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;

namespace ClipFusion.Evaluation.Baselines;

/// <summary>
/// Trans-MM as rows of the tables: how much each patch has to do with the picture's likeness to "anomalous [o]", by the last block as in
/// its authors' notebook, and by all. Zero-shot. The score is the map's largest value, which is ours: its authors look at maps.
/// </summary>
internal sealed class TransMmMethod : IMethod
{
    private static readonly (string Row, string Graph)[] Variants =
    [
        ("trans-mm", GraphNames.TransMmLastImage),
        ("trans-mm-all", GraphNames.TransMmImage),
    ];

    private readonly ModelPack _pack;
    private readonly PromptEmbeddings _embeddings;
    private readonly ClipImages[] _images;
    private readonly Dictionary<string, float[]> _texts = new(StringComparer.Ordinal);

    /// <summary>The method.</summary>
    /// <param name="pack">A pack with Trans-MM's graphs; shared, not owned.</param>
    /// <param name="recipe">Crop and grey levels are taken from it, nothing else.</param>
    /// <param name="store">Keeps what the networks say.</param>
    public TransMmMethod(ModelPack pack, Recipe recipe, NetworkStore store) =>
        (_pack, _embeddings, _images) = (
            pack,
            new PromptEmbeddings(pack),
            [.. Variants.Select(v => new ClipImages(pack, v.Graph, [GraphNames.Relevance], recipe, store))]
        );

    public IReadOnlyList<string> Rows { get; } = [.. Variants.Select(v => v.Row)];

    public bool Supports(int shots) => shots == 0;

    public string Fingerprint(string objectWord) => $"trans-mm {_images[0].Fingerprint(objectWord)}";

    public void EnsurePrompts(string objectWord) => _embeddings.Ensure(Prompts(objectWord), "Trans-MM's prompts");

    public void Prepare(Picture picture, PictureRole role, CancellationToken cancellation)
    {
        if (role != PictureRole.Query)
            return;
        foreach (ClipImages images in _images)
            images.Prepare(picture, Text(picture.ObjectWord, cancellation), cancellation);
    }

    public Func<Picture, Judgement[]> Enroll(string objectWord, IReadOnlyList<Picture> references, CancellationToken cancellation)
    {
        (string, float[]) text = Text(objectWord, cancellation);
        int grid = _pack.Manifest.RequireClip().GridSize;
        return picture => [.. _images.Select(images => Judge(images, picture))];

        Judgement Judge(ClipImages images, Picture picture)
        {
            using StoredOutputs said = images.Get(picture, text, cancellation);
            float[] map = said.Tensors.Floats(GraphNames.Relevance).ToArray();
            return new Judgement(
                map.Max(),
                said.Covered,
                (height, width, destination) => BilinearResize.Resize(map, grid, grid, destination, height, width)
            );
        }
    }

    public void Dispose() { }

    private static IReadOnlyList<string> Prompts(string objectWord) => TextPair.Prompts(PromptSet.Plain, objectWord).Anomalous;

    private (string Words, float[] Embedding) Text(string objectWord, CancellationToken cancellation)
    {
        lock (_texts)
        {
            if (!_texts.TryGetValue(objectWord, out float[]? embedding))
                _texts[objectWord] = embedding = TextPair.Of(_embeddings, PromptSet.Plain, objectWord, cancellation).Anomalous;
            return (objectWord, embedding);
        }
    }
}
