using System.Numerics.Tensors;
using ClipFusion.Evaluation.Methods;
using ClipFusion.Imaging;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;

namespace ClipFusion.Evaluation.Baselines.Learned;

/// <summary>IIPAD as a row of the tables, with prompts and Q-Former outputs that were made elsewhere.</summary>
internal sealed class IipadMethod : IMethod
{
    private const string Row = "iipad";

    /// <summary>Standard deviation of the map's smoothing in pixels of the map.</summary>
    private const double Sigma = 4;

    /// <summary>Prompts have a start and an end beside their vectors.</summary>
    private const int Ends = 2;

    private static readonly string Image = GraphNames.Raw(GraphNames.ClassUnnormed);

    private readonly ClipPart _clip;
    private readonly IipadFile _file;
    private readonly LearnedEmbeddings _embeddings;
    private readonly ClipImages _images;
    private readonly INetworkStore _store;
    private readonly BesidePixels _valueBlocks;
    private readonly string[] _text;
    private readonly string[] _features;
    private readonly int _side;

    /// <summary>The method.</summary>
    /// <param name="pack">A pack with the graphs; shared, not owned.</param>
    /// <param name="prompts">Prompts and Q-Former outputs; shared, not owned.</param>
    /// <param name="recipe">Crop, grey levels and the map's side are taken from it, nothing else.</param>
    /// <param name="store">Keeps what the networks say.</param>
    /// <param name="blocks">Four blocks, from 1: all are compared with the text, the first and the third with references. Null for the
    /// quarters of the depth: 6, 12, 18, 24 of 24, as in the paper.</param>
    /// <param name="valueStart">The block at which value-value attention starts; null for the first of them.</param>
    public IipadMethod(
        ModelPack pack,
        IipadFile prompts,
        Recipe recipe,
        INetworkStore store,
        IReadOnlyList<int>? blocks = null,
        int? valueStart = null
    )
    {
        (_clip, _file, _embeddings) = (pack.Manifest.RequireClip(), prompts, new LearnedEmbeddings(pack));
        (_store, _side) = (store, recipe.OutputSize);
        int[] chosen = [.. blocks ?? BlocksOf(_clip.Layers)];
        _text = [.. chosen.Select(b => GraphNames.Raw(GraphNames.EmbeddingsVv(b)))];
        _features = [GraphNames.Raw(GraphNames.FeaturesOriginal(chosen[0])), GraphNames.Raw(GraphNames.FeaturesOriginal(chosen[2]))];
        _images = new ClipImages(
            pack,
            GraphNames.ClipStreamsImage,
            [.. new HashSet<string>([Image, .. _text, .. _features])],
            recipe,
            store
        );
        _valueBlocks = BesidePixels.ValueBlocks(valueStart ?? chosen[0], _clip.Layers);
    }

    public IReadOnlyList<string> Rows => [Row];

    private string TextKey => $"{_store.Pack} {Row} {_file.Content}";

    public bool Supports(int shots) => shots > 0;

    public string Fingerprint(string objectWord) =>
        FormattableString.Invariant($"{Row} {_images.Fingerprint(_valueBlocks.Words)} {_file.Content} side:{_side}");

    public void EnsurePrompts(Picture picture) => Given(picture);

    public void Prepare(Picture picture, PictureRole role, CancellationToken cancellation)
    {
        _images.Prepare(picture, _valueBlocks, cancellation);
        _store.Prepare(picture, GraphNames.ClipLearnedText, TextKeyOf(picture), Encode(picture, cancellation));
    }

    public Func<Picture, Judgement[]> Enroll(
        string objectWord,
        int shots,
        IReadOnlyList<Picture> references,
        CancellationToken cancellation
    )
    {
        IipadReference[] all = [.. references.Select(r => Reference(r, cancellation))];
        return picture =>
        {
            (IipadQuery query, Region covered) = Query(picture, cancellation);
            Iipad.Result result = Iipad.Judge(query, all, shots);
            float[] map = new float[result.TextMap.Length];
            TensorPrimitives.Add(result.TextMap, result.VisionMap, map);
            return [new Judgement(result.Score, covered, SmoothedMap.Reader(map, _clip.GridSize, _clip.GridSize, _side, Sigma))];
        };
    }

    public void Dispose() { }

    /// <summary>The quarters of the depth.</summary>
    internal static int[] BlocksOf(int layers) =>
        [.. Enumerable.Range(1, 4).Select(i => Math.Max(1, (int)Math.Round(layers * i / 4.0, MidpointRounding.AwayFromZero)))];

    /// <summary>What is known of a picture that is judged.</summary>
    internal (IipadQuery Query, Region Covered) Query(Picture picture, CancellationToken cancellation)
    {
        using StoredOutputs said = _images.Get(picture, _valueBlocks, cancellation);
        return (
            new IipadQuery(
                Text(picture, cancellation),
                Given(picture).Query,
                said.Tensors.Floats(Image).ToArray(),
                [.. _text.Select(t => said.Tensors.Floats(t).ToArray())],
                [.. _features.Select(f => said.Tensors.Floats(f).ToArray())]
            ),
            said.Covered
        );
    }

    /// <summary>What is known of a reference.</summary>
    internal IipadReference Reference(Picture picture, CancellationToken cancellation)
    {
        using StoredOutputs said = _images.Get(picture, _valueBlocks, cancellation);
        return new IipadReference(
            Text(picture, cancellation),
            Given(picture).Query,
            [.. _features.Select(f => NearestPatches.Bank([said.Tensors.Floats(f).ToArray()], _clip.Width))]
        );
    }

    /// <summary>A picture's own text pair.</summary>
    private TextPair Text(Picture picture, CancellationToken cancellation)
    {
        using StoredOutputs said = _store.Get(picture, GraphNames.ClipLearnedText, TextKeyOf(picture), Encode(picture, cancellation));
        return new TextPair(LearnedEmbeddings.Unit(said.Tensors, 0), LearnedEmbeddings.Unit(said.Tensors, 1));
    }

    // Two files of one content may have prompts of their own.
    private string TextKeyOf(Picture picture) => $"{TextKey} {picture.Id}";

    private NetworkRun Encode(Picture picture, CancellationToken cancellation) =>
        frame =>
        {
            IipadPicture given = Given(picture);
            return (
                _embeddings.Run([Prompt(given.Positive), Prompt(given.Negative)], cancellation),
                new Region(0, 0, frame.Width, frame.Height)
            );
        };

    private LearnedPrompt Prompt(PromptTensor vectors) => new(_embeddings.Places(vectors.Shape[0]), vectors.Values);

    private IipadPicture Given(Picture picture) => _file.Of(picture.Id, _embeddings.TextWidth, _embeddings.Length - Ends);
}
