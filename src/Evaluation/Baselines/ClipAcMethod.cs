using ClipFusion.Evaluation.Methods;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;

namespace ClipFusion.Evaluation.Baselines;

/// <summary>
/// CLIP-AC as rows of the tables: the anomalous side of softmax(cosines / temperature) of CLIP's class embedding and a text pair.
/// Zero-shot; it says nothing of where.
/// </summary>
internal sealed class ClipAcMethod : IMethod
{
    private static readonly (string Row, PromptSet Set)[] Sets =
    [
        ("clip-ac", PromptSet.Plain),
        ("clip-ac-imagenet", PromptSet.ImageNet),
        ("clip-ac-cpe", PromptSet.Compositional),
    ];

    private readonly ModelPack _pack;
    private readonly PromptEmbeddings _embeddings;
    private readonly ClipImages _images;

    /// <summary>The method.</summary>
    /// <param name="pack">A pack with CLIP; shared, not owned.</param>
    /// <param name="recipe">Crop and grey levels are taken from it, nothing else.</param>
    /// <param name="store">Keeps what the networks say.</param>
    public ClipAcMethod(ModelPack pack, Recipe recipe, INetworkStore store) =>
        (_pack, _embeddings, _images) = (
            pack,
            new PromptEmbeddings(pack),
            new ClipImages(pack, GraphNames.ClipImage, [GraphNames.Class], recipe, store)
        );

    public IReadOnlyList<string> Rows { get; } = [.. Sets.Select(s => s.Row)];

    public bool Supports(int shots) => shots == 0;

    public string Fingerprint(string objectWord) => $"clip-ac {_images.Fingerprint(objectWord)}";

    public void EnsurePrompts(string objectWord)
    {
        foreach ((string row, PromptSet set) in Sets)
        {
            (IReadOnlyList<string> normal, IReadOnlyList<string> anomalous) = TextPair.Prompts(set, objectWord);
            _embeddings.Ensure([.. normal, .. anomalous], $"prompts of {row}");
        }
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
        TextPair[] pairs = [.. Sets.Select(s => TextPair.Of(_embeddings, s.Set, objectWord, cancellation))];
        double temperature = 1 / _pack.Manifest.RequireClip().LogitScale;
        return picture =>
        {
            using StoredOutputs said = _images.Get(picture, null, cancellation);
            float[] embedding = said.Tensors.Floats(GraphNames.Class).ToArray();
            return [.. pairs.Select(p => new Judgement(p.AnomalousSide(embedding, temperature), said.Covered, null))];
        };
    }

    public void Dispose() { }
}
