using System.Numerics.Tensors;
using ClipFusion.Evaluation.Methods;
using ClipFusion.Inspection.Maps;
using ClipFusion.Inspection.MemoryBanks;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;
using ClipFusion.Models.Tokenizer;

namespace ClipFusion.Evaluation.Baselines.Learned;

/// <summary>
/// "PromptAD: Learning Prompts with only Normal Samples for Few-Shot Anomaly Detection" (Li et al., 2024) with prompts that were learned
/// elsewhere, as rows of the tables. T = anomalous side of every patch, V = its distance to the references' patches; the map is their
/// harmonic 1/(1/T + 1/V), the score the same of the picture's anomalous side and V's largest value.
/// </summary>
/// <remarks>
/// Two readings. As its authors' code runs: features are tapped from a tensor into which the next block adds its attention, and cosines are
/// multiplied by <c>logit_scale</c> as stored, a logarithm. As it was meant: the blocks' own outputs, and exp(<c>logit_scale</c>).
/// </remarks>
internal sealed class PromptAdMethod : IMethod
{
    /// <summary>Standard deviation of the map's smoothing in pixels of the map.</summary>
    private const double Sigma = 4;

    private static readonly string Class = GraphNames.Raw(GraphNames.Class);

    private readonly ClipPart _clip;
    private readonly PromptAdFile _file;
    private readonly LearnedEmbeddings _embeddings;
    private readonly ClipImages _images;
    private readonly BesidePixels _everywhere;
    private readonly string[] _features;
    private readonly double _temperature;
    private readonly int _side;
    private readonly string _patches;

    /// <summary>One reading of the method.</summary>
    /// <param name="pack">A pack with the graphs; shared, not owned.</param>
    /// <param name="prompts">The prompts; shared, not owned.</param>
    /// <param name="recipe">Crop, grey levels and the map's side are taken from it, nothing else.</param>
    /// <param name="store">Keeps what the networks say.</param>
    /// <param name="isClean">Whether it is read as it was meant, not as it runs.</param>
    /// <param name="blocks">The blocks that are compared with the references, from 1; null for those at a quarter and two thirds of the
    /// depth: 3 and 8 of 12, as in the paper.</param>
    public PromptAdMethod(
        ModelPack pack,
        PromptAdFile prompts,
        Recipe recipe,
        INetworkStore store,
        bool isClean,
        IReadOnlyList<int>? blocks = null
    )
    {
        (_clip, _file, _embeddings, _side) = (pack.Manifest.RequireClip(), prompts, new LearnedEmbeddings(pack), recipe.OutputSize);
        int[] taps = [.. blocks ?? BlocksOf(_clip.Layers)];
        _patches = GraphNames.Raw(GraphNames.EmbeddingsVv(_clip.Layers));
        string[] asItRuns = [.. taps.Select(b => GraphNames.Raw(GraphNames.FeaturesAttended(b)))],
            asMeant = [.. taps.Select(b => GraphNames.Raw(GraphNames.FeaturesOriginal(b)))];
        (Row, _features, _temperature) = isClean
            ? ("promptad-clean", asMeant, 1 / (double)_clip.LogitScale)
            : ("promptad", asItRuns, 1 / Math.Log(_clip.LogitScale));
        // Of one run for both readings.
        string[] outputs = [Class, _patches, .. asItRuns, .. asMeant];
        _images = new ClipImages(pack, GraphNames.ClipStreamsImage, [.. outputs.Distinct()], recipe, store);
        _everywhere = BesidePixels.ValueBlocks(1, _clip.Layers);
    }

    public IReadOnlyList<string> Rows => [Row];

    private string Row { get; }

    public bool Supports(int shots) => shots > 0;

    public string Fingerprint(string objectWord) =>
        FormattableString.Invariant($"{Row} {_images.Fingerprint(objectWord)} {_file.Content} side:{_side}");

    public void EnsurePrompts(string objectWord)
    {
        foreach (PromptAdTask task in Enum.GetValues<PromptAdTask>())
            if (Prompts(objectWord, task) is { Pair: null } prompts)
                EnsureLengths(objectWord, prompts);
    }

    public void Prepare(Picture picture, PictureRole role, CancellationToken cancellation) =>
        _images.Prepare(picture, _everywhere, cancellation);

    public Func<Picture, Judgement[]> Enroll(
        string objectWord,
        int shots,
        IReadOnlyList<Picture> references,
        CancellationToken cancellation
    )
    {
        TextPair score = PairOf(objectWord, PromptAdTask.Classification, cancellation),
            map = PairOf(objectWord, PromptAdTask.Segmentation, cancellation);
        MemoryBank[] banks = Banks(references, cancellation);
        return picture =>
        {
            using StoredOutputs said = _images.Get(picture, _everywhere, cancellation);
            return [Judge(said, banks, score, map)];
        };
    }

    public void Dispose() { }

    /// <summary>The blocks that are compared with references.</summary>
    internal static int[] BlocksOf(int layers) => [Rounded(layers / 4.0), Rounded(layers * 2 / 3.0)];

    /// <summary>T [P]: the anomalous side of every patch.</summary>
    internal static float[] TextMap(ReadOnlySpan<float> patches, TextPair pair, double temperature) =>
        MaskClipMethod.Map(patches, pair, temperature);

    /// <summary>V [P]: the mean over blocks of the distance to the nearest reference patch, (1 - cosine)/2.</summary>
    /// <param name="blocks">Raw features [P, W] of each block.</param>
    /// <param name="banks">The references' of each.</param>
    /// <param name="width">W.</param>
    internal static float[] VisionMap(IReadOnlyList<float[]> blocks, IReadOnlyList<MemoryBank> banks, int width)
    {
        float[] mean = new float[blocks[0].Length / width];
        for (int b = 0; b < blocks.Count; b++)
            TensorPrimitives.Add(mean, NearestPatches.Distances(blocks[b], banks[b]), mean);
        TensorPrimitives.Divide(mean, blocks.Count, mean);
        return mean;
    }

    /// <summary>1/(1/a + 1/b).</summary>
    internal static double Harmonic(double a, double b) => 1 / ((1 / a) + (1 / b));

    private static int Rounded(double block) => Math.Max(1, (int)Math.Round(block, MidpointRounding.AwayFromZero));

    private Judgement Judge(StoredOutputs said, MemoryBank[] banks, TextPair score, TextPair map)
    {
        float[] vision = VisionMap([.. _features.Select(f => said.Tensors.Floats(f).ToArray())], banks, _clip.Width),
            both = TextMap(said.Tensors.Floats(_patches), map, _temperature);
        for (int p = 0; p < both.Length; p++)
            both[p] = (float)Harmonic(both[p], vision[p]);
        float[] enlarged = new float[_side * _side];
        BilinearResize.Resize(vision, _clip.GridSize, _clip.GridSize, enlarged, _side, _side);
        double text = score.AnomalousSide(said.Tensors.Floats(Class), _temperature);
        return new Judgement(
            (float)Harmonic(TensorPrimitives.Max<float>(enlarged), text),
            said.Covered,
            SmoothedMap.Reader(both, _clip.GridSize, _clip.GridSize, _side, Sigma)
        );
    }

    private void EnsureLengths(string objectWord, PromptAdPrompts prompts)
    {
        try
        {
            PromptAdText.Prompts(_embeddings, objectWord, prompts);
        }
        catch (PromptTooLongException e)
        {
            throw new PromptFileException(
                $"{_file.Path}: contexts of {prompts.Normal!.Shape[1]} and {prompts.Abnormal!.Shape[1]} vectors leave too little room for "
                    + $"the words: {e.Message}",
                e
            );
        }
    }

    private MemoryBank[] Banks(IReadOnlyList<Picture> references, CancellationToken cancellation)
    {
        List<float[]>[] rows = [.. _features.Select(_ => new List<float[]>())];
        foreach (Picture reference in references)
        {
            using StoredOutputs said = _images.Get(reference, _everywhere, cancellation);
            for (int b = 0; b < rows.Length; b++)
                rows[b].Add(said.Tensors.Floats(_features[b]).ToArray());
        }

        return [.. rows.Select(b => NearestPatches.Bank(b, _clip.Width))];
    }

    private PromptAdPrompts Prompts(string objectWord, PromptAdTask task) =>
        _file.Of(objectWord, task, _clip.EmbedDim, () => _embeddings.TextWidth);

    private TextPair PairOf(string objectWord, PromptAdTask task, CancellationToken cancellation) =>
        PromptAdText.Pair(_embeddings, objectWord, Prompts(objectWord, task), cancellation);
}
