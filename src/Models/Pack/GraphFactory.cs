using ClipFusion.Models.Architectures;
using ClipFusion.Models.Checkpoints;
using ClipFusion.Models.Graph;
using ClipFusion.Models.Weights;

namespace ClipFusion.Models.Pack;

/// <summary>
/// Writes each graph of a pack: a network with the inputs and the reduced outputs that the method needs. The VAE encoder and both text
/// towers are float32 in every pack: the first overflows float16, the others run once per recipe and their rounding would be in every map.
/// </summary>
internal sealed class GraphFactory(
    OpenClipConfig clip,
    UnetConfig unet,
    VaeConfig vae,
    DiffusionTextConfig text,
    int vvStart,
    IReadOnlyList<int> clipBlocks,
    ElementType compute
)
{
    private const ElementType F32 = ElementType.Float32;

    public int LastMappedBlock { get; } = Array.LastIndexOf(unet.UpBlockHasAttention, true);

    public int DiffusionImageSize => unet.SampleSize << (vae.BlockOutChannels.Length - 1);

    public void ClipImage(GraphBuilder g, IWeights weights, ExternalWeightFile store, bool debug)
    {
        Value pixels = g.Input(GraphNames.Pixels, ElementType.UInt8, "N", clip.Vision.ImageSize, clip.Vision.ImageSize, 3);
        ClipVision.Outputs o = new ClipVision(clip, vvStart).Build(new NetworkContext(g, weights, store, compute), pixels, [.. clipBlocks]);
        Unit(g, GraphNames.Class, o.Class, debug);
        Unit(g, GraphNames.PatchesVv, o.PatchesVv, debug);
        Unit(g, GraphNames.PatchesOriginal, o.PatchesOriginal, debug);
        foreach (int block in clipBlocks)
        {
            Unit(g, GraphNames.FeaturesVv(block), o.Vv[block], debug);
            Unit(g, GraphNames.FeaturesOriginal(block), o.Original[block], debug);
        }
    }

    public void ClipText(GraphBuilder g, IWeights weights, ExternalWeightFile store)
    {
        Value tokens = g.Input(GraphNames.Tokens, ElementType.Int64, "N", clip.Text.ContextLength);
        Unit(g, GraphNames.Embeddings, new ClipText(clip).Build(new NetworkContext(g, weights, store, F32), tokens), debug: false);
    }

    public void WinClipImage(GraphBuilder g, IWeights weights, ExternalWeightFile store)
    {
        Value pixels = g.Input(GraphNames.Pixels, ElementType.UInt8, 1, clip.Vision.ImageSize, clip.Vision.ImageSize, 3);
        ClipWindows.Outputs o = new ClipWindows(clip).Build(new NetworkContext(g, weights, store, compute), pixels);
        g.Output(GraphNames.Class, o.Class);
        g.Output(GraphNames.Patches, o.Patches);
        foreach ((int scale, Value windows) in o.Windows)
            g.Output(GraphNames.Windows(scale), windows);
    }

    public void WinClipText(GraphBuilder g, IWeights weights, ExternalWeightFile store)
    {
        Value tokens = g.Input(GraphNames.Tokens, ElementType.Int64, "N", clip.Text.ContextLength);
        g.Output(GraphNames.Raw(GraphNames.Embeddings), new ClipText(clip).Build(new NetworkContext(g, weights, store, F32), tokens));
    }

    public void ClipTokensImage(GraphBuilder g, IWeights weights, ExternalWeightFile store)
    {
        Value pixels = g.Input(GraphNames.Pixels, ElementType.UInt8, 1, clip.Vision.ImageSize, clip.Vision.ImageSize, 3);
        var tower = new ClipVision(clip, clip.Vision.Layers);
        ClipVision.Outputs o = tower.Build(new NetworkContext(g, weights, store, compute), pixels, [.. clipBlocks]);
        foreach (int block in clipBlocks)
            g.Output(GraphNames.Raw(GraphNames.FeaturesOriginal(block)), g.Cast(o.Original[block], F32));
    }

    public void MaskClipImage(GraphBuilder g, IWeights weights, ExternalWeightFile store)
    {
        Value pixels = g.Input(GraphNames.Pixels, ElementType.UInt8, 1, clip.Vision.ImageSize, clip.Vision.ImageSize, 3);
        Value patches = new ClipMaskClip(clip).Build(new NetworkContext(g, weights, store, compute), pixels);
        g.Output(GraphNames.Raw(GraphNames.PatchesOriginal), g.Cast(patches, F32));
    }

    /// <summary>The tower forth and back; <paramref name="last"/> gives the variant of the last block alone.</summary>
    public void TransMmImage(GraphBuilder g, IWeights weights, ExternalWeightFile store, bool last)
    {
        Value pixels = g.Input(GraphNames.Pixels, ElementType.UInt8, 1, clip.Vision.ImageSize, clip.Vision.ImageSize, 3),
            target = g.Input(GraphNames.Text, F32, 1, clip.EmbedDim);
        var tower = new ClipTransMm(clip);
        int start = last ? clip.Vision.Layers : 1;
        g.Output(GraphNames.Relevance, tower.Build(new NetworkContext(g, weights, store, compute), pixels, target, start).Relevance);
    }

    public void ClipStreamsImage(GraphBuilder g, IWeights weights, ExternalWeightFile store)
    {
        Value pixels = g.Input(GraphNames.Pixels, ElementType.UInt8, 1, clip.Vision.ImageSize, clip.Vision.ImageSize, 3),
            valueBlocks = g.Input(GraphNames.ValueBlocks, F32, clip.Vision.Layers);
        ClipStreams.Outputs o = new ClipStreams(clip).Build(new NetworkContext(g, weights, store, compute), pixels, valueBlocks);
        g.Output(GraphNames.Raw(GraphNames.Class), g.Cast(o.Class, F32));
        g.Output(GraphNames.Raw(GraphNames.ClassUnnormed), g.Cast(o.ClassUnnormed, F32));
        for (int block = 1; block <= o.Blocks.Count; block++)
        {
            ClipStreams.BlockOutputs b = o.Blocks[block - 1];
            g.Output(GraphNames.Raw(GraphNames.FeaturesOriginal(block)), g.Cast(b.Original, F32));
            g.Output(GraphNames.Raw(GraphNames.FeaturesAttended(block)), g.Cast(b.Attended, F32));
            g.Output(GraphNames.Raw(GraphNames.EmbeddingsVv(block)), g.Cast(b.EmbeddingsVv, F32));
        }
    }

    public void ClipLearnedText(GraphBuilder g, IWeights weights, ExternalWeightFile store)
    {
        Value tokens = g.Input(GraphNames.Tokens, ElementType.Int64, "N", clip.Text.ContextLength),
            vectors = g.Input(GraphNames.LearnedVectors, F32, "N", clip.Text.ContextLength, clip.Text.Width),
            places = g.Input(GraphNames.LearnedPlaces, F32, "N", clip.Text.ContextLength, 1);
        Value embeddings = new ClipText(clip).Build(new NetworkContext(g, weights, store, F32), tokens, (vectors, places));
        g.Output(GraphNames.Raw(GraphNames.Embeddings), embeddings);
    }

    public void DiffusionText(GraphBuilder g, IWeights weights, ExternalWeightFile store)
    {
        Value tokens = g.Input(GraphNames.Tokens, ElementType.Int64, "N", text.ContextLength);
        g.Output(GraphNames.Context, new DiffusionText(text).Build(new NetworkContext(g, weights, store, F32), tokens));
    }

    public void VaeEncoder(GraphBuilder g, IWeights weights, ExternalWeightFile store)
    {
        Value pixels = g.Input(GraphNames.Pixels, ElementType.UInt8, "N", DiffusionImageSize, DiffusionImageSize, 3);
        g.Output(GraphNames.Latent, new VaeEncoder(vae).Build(new NetworkContext(g, weights, store, F32), pixels));
    }

    /// <summary>The UNet; <paramref name="features"/> off gives the zero-shot variant, in which every row stops at the last map.</summary>
    public Unet.Outputs MapDiff(GraphBuilder g, IWeights weights, ExternalWeightFile store, bool features, bool debug)
    {
        (Value latent, UnetRows rows) = Batch(g, features);
        Value[] featureRows = features
            ? [.. unet.BlockOutChannels.Select((_, b) => g.Input(GraphNames.FeatureRows(b), ElementType.Int64, $"F{b}"))]
            : [];
        Unet.Outputs o = new Unet(unet).Build(new NetworkContext(g, weights, store, compute), Sample(g, latent), rows);
        Maps(g, o.Maps, rows.RowsEntering, debug, GraphNames.StateMaps, GraphNames.StateMapsUnnormalized);
        for (int b = 0; features && b < o.Decoder.Count; b++)
        {
            Value chosen = g.Rows(o.Decoder[b], featureRows[b]);
            if (debug)
                g.Output(GraphNames.Raw(GraphNames.Features(b)), g.Cast(chosen, F32));
            Value vectors = g.Transpose(g.Reshape(chosen, chosen[0], chosen[1], chosen.Fixed(2) * (long)chosen.Fixed(3)), 0, 2, 1);
            g.Output(GraphNames.Features(b), g.Normalize(vectors));
        }

        return o;
    }

    /// <summary>The zero-shot UNet with maps of other components beside the method's; <paramref name="debug"/> gives each layer's map out
    /// too.</summary>
    public Unet.Outputs MapDiffParts(GraphBuilder g, IWeights weights, ExternalWeightFile store, bool debug)
    {
        (Value latent, UnetRows rows) = Batch(g, features: false);
        Unet.Outputs o = new Unet(unet, mapsBottleneck: true).Build(
            new NetworkContext(g, weights, store, compute),
            Sample(g, latent),
            rows
        );
        foreach (DenoiserParts parts in GraphNames.MappedParts)
        {
            Unet.LayerMap[] layers = [.. o.Maps.Where(m => parts.HasFlag(DenoiserLayers.PartOf(m.Layer)))];
            Maps(
                g,
                layers,
                [],
                debug && layers.Length == o.Maps.Count,
                GraphNames.StateMapsOf(parts),
                GraphNames.StateMapsUnnormalizedOf(parts)
            );
        }

        return o;
    }

    private (Value Latent, UnetRows Rows) Batch(GraphBuilder g, bool features)
    {
        Value latent = g.Input(GraphNames.Latent, F32, 1, vae.LatentChannels, unet.SampleSize, unet.SampleSize);
        Value timesteps = g.Input(GraphNames.Timesteps, F32, UnetRows.DistinctTimesteps);
        Value rowTimesteps = g.Input(GraphNames.RowTimesteps, ElementType.Int64, UnetRows.All);
        Value context = g.Input(GraphNames.Context, F32, UnetRows.All, text.ContextLength, text.Width);
        Value tokenWeights = g.Input(GraphNames.TokenWeights, F32, UnetRows.All, text.ContextLength, 2);
        Value[] entering = features
            ?
            [
                .. Enumerable
                    .Range(1, unet.BlockOutChannels.Length - 1)
                    .Select(b => g.Input(GraphNames.RowsEntering(b), ElementType.Int64, 1)),
            ]
            : [];
        Value? afterMaps = features ? g.Input(GraphNames.RowsAfterMaps, ElementType.Int64, 1) : null;
        return (latent, new UnetRows(timesteps, rowTimesteps, context, tokenWeights, entering, afterMaps));
    }

    /// <summary>An empty inpainting mask: nothing is noised, so the masked image is the image (method: MapDiff).</summary>
    private Value Sample(GraphBuilder g, Value latent)
    {
        if (unet.InChannels == vae.LatentChannels)
            return latent;
        Value mask = g.Constant(F32, new double[unet.SampleSize * unet.SampleSize], 1, 1, unet.SampleSize, unet.SampleSize);
        return g.Concat(1, latent, mask, latent);
    }

    /// <summary>Mean over layers, each enlarged to the latent size; layers of one grid are added before they are enlarged.</summary>
    private void Maps(
        GraphBuilder g,
        IReadOnlyList<Unet.LayerMap> layers,
        IReadOnlyList<Value> entering,
        bool debug,
        string maps,
        string unnormalized
    )
    {
        Dim rows = layers[^1].Sums[0];
        Value? total = null;
        foreach (IGrouping<(int Height, int Width), Unet.LayerMap> grid in layers.GroupBy(l => (l.Height, l.Width)))
        {
            Value? sum = null;
            foreach (Unet.LayerMap layer in grid)
            {
                Value sums = layer.Sums[0] == rows ? layer.Sums : g.First(layer.Sums, entering[LastMappedBlock - 1], rows.Symbol!);
                Value raw = g.Slice(sums, 2, 0, 1);
                if (debug)
                    g.Output(GraphNames.Probabilities(layer.Layer), g.Reshape(raw, rows, grid.Key.Height * (long)grid.Key.Width));
                Value both = g.Concat(2, g.Div(raw, g.Slice(sums, 2, 1, 2)), raw);
                sum = sum is null ? both : g.Add(sum, both);
            }

            Value map = g.Reshape(g.Transpose(sum!, 0, 2, 1), rows, 2, grid.Key.Height, grid.Key.Width);
            map = g.ResizeBilinear(map, unet.SampleSize, unet.SampleSize);
            total = total is null ? map : g.Add(total, map);
        }

        Value mean = g.Scale(total!, 1.0 / layers.Count);
        g.Output(maps, g.Reshape(g.Slice(mean, 1, 0, 1), rows, unet.SampleSize, unet.SampleSize));
        g.Output(unnormalized, g.Reshape(g.Slice(mean, 1, 1, 2), rows, unet.SampleSize, unet.SampleSize));
    }

    private static void Unit(GraphBuilder g, string name, Value raw, bool debug)
    {
        if (debug)
            g.Output(GraphNames.Raw(name), g.Cast(raw, F32));
        g.Output(name, g.Normalize(raw));
    }
}
