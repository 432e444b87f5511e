using ClipFusion.Models.Checkpoints;
using ClipFusion.Models.Graph;
using ClipFusion.Models.Weights;

namespace ClipFusion.Models.Pack;

/// <summary>CLIP's and Stable Diffusion's part of a pack: their graphs, weight files, vocabularies and what the manifest says of
/// them.</summary>
internal sealed class MethodGraphs
{
    private readonly OpenClipFolder _clip;
    private readonly DiffusionFolder _diffusion;
    private readonly GraphFactory _factory;
    private readonly int _vvStart;
    private readonly int[] _blocks;
    private readonly Func<string, GraphOrigin> _origin;
    private readonly PackGraphs _graphs;
    private IReadOnlyList<string> _mappedLayers = [];

    /// <summary>Checks the options against the weights.</summary>
    /// <param name="clip">OpenCLIP weights.</param>
    /// <param name="diffusion">Stable Diffusion weights.</param>
    /// <param name="options">How.</param>
    /// <param name="graphs">Where graphs go.</param>
    /// <param name="origin">What a graph is made from, by its name.</param>
    /// <exception cref="PackException">An option does not fit the weights.</exception>
    public MethodGraphs(
        OpenClipFolder clip,
        DiffusionFolder diffusion,
        PackOptions options,
        PackGraphs graphs,
        Func<string, GraphOrigin> origin
    )
    {
        (_clip, _diffusion, _vvStart, _graphs, _origin) = (clip, diffusion, options.VvStart, graphs, origin);
        int layers = clip.Config.Vision.Layers;
        _blocks = [.. (options.ClipBlocks ?? [Math.Max(1, layers / 2), Math.Max(1, layers * 3 / 4)]).Distinct().Order()];
        if (_blocks.Length == 0 || _blocks[0] < 1 || _blocks[^1] > layers)
            throw new PackException($"CLIP blocks {string.Join(", ", _blocks)}: the tower has blocks 1 to {layers}");
        if (options.VvStart < 1 || options.VvStart > layers)
            throw new PackException($"vv-start {options.VvStart}: the tower has blocks 1 to {layers}");
        ElementType compute = PackOptions.ComputeType(options.Precision);
        _factory = new GraphFactory(clip.Config, diffusion.Unet, diffusion.Vae, diffusion.TextEncoder, options.VvStart, _blocks, compute);
    }

    /// <summary>The tokenisers' files: name in the pack, and where they are.</summary>
    public IReadOnlyList<(string Name, string Source)> Vocabularies =>
        [
            (GraphNames.ClipVocabulary, _clip.VocabularyFile),
            (GraphNames.ClipMerges, _clip.MergesFile),
            (GraphNames.DiffusionVocabulary, _diffusion.VocabularyFile),
            (GraphNames.DiffusionMerges, _diffusion.MergesFile),
        ];

    /// <summary>Writes every graph and weight file.</summary>
    public void WriteAll()
    {
        WriteClip();
        WriteDiffusionText();
        WriteVae();
        WriteUnet();
    }

    /// <summary>What the manifest says; complete after <see cref="WriteAll"/>.</summary>
    public (ClipPart Clip, DiffusionPart Diffusion) Describe()
    {
        OpenClipConfig c = _clip.Config;
        UnetConfig u = _diffusion.Unet;
        var logScale = new float[1];
        _clip.Weights.Require("logit_scale").Read(0, logScale);
        int levels = u.BlockOutChannels.Length;
        DecoderBlock[] decoder =
        [
            .. Enumerable
                .Range(0, levels)
                .Select(b => new DecoderBlock(u.BlockOutChannels[levels - 1 - b], GridAfter(u.SampleSize, Math.Max(0, levels - 2 - b)))),
        ];
        return (
            new ClipPart(
                c.Vision.ImageSize,
                c.Vision.ImageSize / c.Vision.PatchSize,
                c.Vision.Layers,
                c.Vision.Width,
                c.EmbedDim,
                _vvStart,
                _blocks,
                MathF.Exp(logScale[0]),
                c.Text.ContextLength
            ),
            new DiffusionPart(
                _factory.DiffusionImageSize,
                u.SampleSize,
                _diffusion.Vae.LatentChannels,
                u.CrossAttentionDim,
                _diffusion.TextEncoder.ContextLength,
                decoder,
                _mappedLayers,
                _factory.LastMappedBlock
            )
        );
    }

    private void WriteClip()
    {
        using ExternalWeightFile store = Store(GraphNames.ClipImage);
        Both(GraphNames.ClipImage, g => _factory.ClipImage(g, _clip.Weights, store, debug: false));
        One(GraphNames.ClipImage, GraphForm.Debug, g => _factory.ClipImage(g, _clip.Weights, store, debug: true));
        One(GraphNames.ClipText, GraphForm.Common, g => _factory.ClipText(g, _clip.Weights, store));
        One(GraphNames.WinClipImage, GraphForm.Running, g => _factory.WinClipImage(g, _clip.Weights, store));
        One(GraphNames.ClipTokensImage, GraphForm.Running, g => _factory.ClipTokensImage(g, _clip.Weights, store));
        One(GraphNames.MaskClipImage, GraphForm.Running, g => _factory.MaskClipImage(g, _clip.Weights, store));
        One(GraphNames.TransMmImage, GraphForm.Running, g => _factory.TransMmImage(g, _clip.Weights, store, last: false));
        One(GraphNames.TransMmLastImage, GraphForm.Running, g => _factory.TransMmImage(g, _clip.Weights, store, last: true));
        One(GraphNames.ClipStreamsImage, GraphForm.Running, g => _factory.ClipStreamsImage(g, _clip.Weights, store));
        One(GraphNames.ClipLearnedText, GraphForm.Common, g => _factory.ClipLearnedText(g, _clip.Weights, store));
        One(GraphNames.WinClipText, GraphForm.Common, g => _factory.WinClipText(g, _clip.Weights, store));
    }

    private void WriteDiffusionText()
    {
        using ExternalWeightFile store = Store(GraphNames.DiffusionText);
        One(GraphNames.DiffusionText, GraphForm.Common, g => _factory.DiffusionText(g, _diffusion.TextEncoderWeights, store));
    }

    private void WriteVae()
    {
        using ExternalWeightFile store = Store(GraphNames.VaeEncoder);
        Both(GraphNames.VaeEncoder, g => _factory.VaeEncoder(g, _diffusion.VaeWeights, store));
    }

    private void WriteUnet()
    {
        using ExternalWeightFile store = Store(GraphNames.MapDiff);
        IWeights weights = _diffusion.UnetWeights;
        foreach (GraphTarget target in Enum.GetValues<GraphTarget>())
        {
            Write(
                GraphNames.MapDiff,
                target,
                GraphForm.Running,
                g => _mappedLayers = [.. _factory.MapDiff(g, weights, store, features: true, debug: false).Maps.Select(m => m.Layer)]
            );
            Write(
                GraphNames.MapDiffLanguage,
                target,
                GraphForm.Running,
                g => _factory.MapDiff(g, weights, store, features: false, debug: false)
            );
        }

        One(GraphNames.MapDiffParts, GraphForm.Running, g => _factory.MapDiffParts(g, weights, store, debug: false));
        One(GraphNames.MapDiff, GraphForm.Debug, g => _factory.MapDiff(g, weights, store, features: true, debug: true));
    }

    private void Both(string name, Action<GraphBuilder> write)
    {
        foreach (GraphTarget target in Enum.GetValues<GraphTarget>())
            Write(name, target, GraphForm.Running, write);
    }

    private void One(string name, GraphForm form, Action<GraphBuilder> write) =>
        Write(name, form == GraphForm.Common ? GraphTarget.TensorRt : GraphTarget.OnnxRuntime, form, write);

    private void Write(string name, GraphTarget target, GraphForm form, Action<GraphBuilder> write) =>
        _graphs.Write(name, target, form, _origin(name), write);

    private ExternalWeightFile Store(string graph) => new(Path.Combine(_graphs.Folder, GraphNames.WeightFile(graph)), _graphs.Cancellation);

    /// <summary>Side of the grid after that many stride-2 convolutions with padding 1.</summary>
    private static int GridAfter(int size, int halvings)
    {
        for (int i = 0; i < halvings; i++)
            size = (size + 1) / 2;
        return size;
    }
}
