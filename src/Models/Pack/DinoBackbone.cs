using ClipFusion.Models.Architectures;
using ClipFusion.Models.Checkpoints;
using ClipFusion.Models.Graph;

namespace ClipFusion.Models.Pack;

/// <summary>How a DINOv2 model is made a backbone.</summary>
/// <param name="Size">Side of the square input in pixels, a multiple of the patch; null takes the multiple that is nearest to 448.</param>
/// <param name="Blocks">Blocks whose patch tokens are compared, from 1; null takes those at a quarter, a half, three quarters and 0.92 of
/// the depth.</param>
/// <param name="IsRaw">Whether the tokens are taken as they leave the block, without the final normalisation.</param>
/// <param name="PositionOffset">Replaces the offset of the position embeddings' scale; null keeps what the model was published
/// with.</param>
public sealed record DinoOptions(int? Size = null, IReadOnlyList<int>? Blocks = null, bool IsRaw = false, double? PositionOffset = null);

/// <summary>DINOv2's patch tokens of several blocks.</summary>
public sealed class DinoBackbone : PackBackbone
{
    private const int UsualSize = 448;
    private static readonly double[] UsualDepths = [0.25, 0.5, 0.75, 0.92];

    private readonly DinoFolder _folder;
    private readonly bool _isRaw;
    private readonly int[] _blocks;
    private readonly DinoConfig _config;

    private DinoBackbone(DinoFolder folder, DinoOptions options)
    {
        (_folder, _isRaw) = (folder, options.IsRaw);
        double offset = options.PositionOffset ?? folder.Config.Positions.Offset;
        if (!(offset is >= 0 and < 1))
            throw new PackException($"position offset {offset}: 0 to below 1 is expected, for example 0.1");
        _config = folder.Config with { Positions = folder.Config.Positions with { Offset = offset } };
        ImageSize = options.Size ?? Math.Max(1, (int)Math.Round((double)UsualSize / _config.PatchSize)) * _config.PatchSize;
        if (ImageSize < _config.PatchSize || ImageSize % _config.PatchSize != 0)
            throw new PackException($"backbone size {ImageSize}: a multiple of the patch, {_config.PatchSize} pixels, is expected");
        if (Grid > ManifestChecks.MaxGrid)
            throw new PackException($"backbone size {ImageSize}: {Grid} patches along a side, expected at most {ManifestChecks.MaxGrid}");
        int depth = _config.Layers;
        _blocks = [.. (options.Blocks ?? Usual(depth)).Distinct().Order()];
        if (_blocks.Length == 0 || _blocks[0] < 1 || _blocks[^1] > depth)
            throw new PackException($"backbone blocks {string.Join(", ", _blocks)}: the network has blocks 1 to {depth}");
    }

    /// <inheritdoc/>
    public override string Kind => "dinov2";

    /// <inheritdoc/>
    public override int ImageSize { get; }

    /// <inheritdoc/>
    public override string SourceName => PackSources.NameOf(_folder.Path);

    private int Grid => ImageSize / _config.PatchSize;

    /// <summary>Takes a folder, which belongs to the result from then on.</summary>
    /// <param name="folder">The open folder.</param>
    /// <param name="options">Size, blocks and features.</param>
    /// <exception cref="PackException">The options don't fit the model; the folder is closed.</exception>
    public static DinoBackbone Create(DinoFolder folder, DinoOptions options)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(options);
        try
        {
            return new DinoBackbone(folder, options);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override void Dispose() => _folder.Dispose();

    internal override IReadOnlyList<BackboneLayer> Write(
        PackGraphs graphs,
        ExternalWeightFile store,
        ElementType compute,
        GraphOrigin origin,
        GraphMeasure? measure
    )
    {
        foreach (GraphTarget target in Enum.GetValues<GraphTarget>())
            graphs.Write(GraphNames.BackboneImage, target, GraphForm.Running, origin, g => Network(g, store, compute, debug: false));
        graphs.Write(
            GraphNames.BackboneImage,
            GraphTarget.OnnxRuntime,
            GraphForm.Debug,
            origin,
            g => Network(g, store, compute, debug: true)
        );
        return [.. _blocks.Select(b => new BackboneLayer($"{b}", _config.Width, Grid))];
    }

    internal override IReadOnlyList<FileEntry> Files(CancellationToken cancellation) => PackSources.Files(_folder.Path, cancellation);

    private void Network(GraphBuilder g, ExternalWeightFile store, ElementType compute, bool debug)
    {
        Value pixels = g.Input(GraphNames.Pixels, ElementType.UInt8, "N", ImageSize, ImageSize, 3);
        var context = new NetworkContext(g, _folder.Weights, store, compute);
        DinoVision.Outputs o = new DinoVision(_config, Grid).Build(context, pixels, _blocks, whole: debug);
        for (int i = 0; i < _blocks.Length; i++)
            g.Output(GraphNames.BackboneFeatures(i), g.Normalize((_isRaw ? o.Raw : o.Normed)[_blocks[i]]));
        if (!debug)
            return;
        g.Output(GraphNames.BackboneTokens, o.Tokens);
        g.Output(GraphNames.BackboneClass, o.Class!);
        foreach (int block in _blocks)
        {
            g.Output(GraphNames.BackboneRaw($"{block}"), o.Raw[block]);
            g.Output(GraphNames.BackboneNormed($"{block}"), o.Normed[block]);
        }
    }

    private static int[] Usual(int depth) =>
        [.. UsualDepths.Select(d => Math.Max(1, (int)Math.Round(d * depth, MidpointRounding.AwayFromZero)))];
}
