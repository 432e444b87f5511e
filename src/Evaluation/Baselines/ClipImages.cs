using ClipFusion.Evaluation.Methods;
using ClipFusion.Imaging;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;

namespace ClipFusion.Evaluation.Baselines;

/// <summary>What a graph on CLIP's pixels says of pictures, kept in the store.</summary>
/// <param name="pack">A pack with that graph; shared, not owned.</param>
/// <param name="graph">The graph.</param>
/// <param name="outputs">Its outputs that are wanted.</param>
/// <param name="recipe">Crop and grey levels are taken from it, nothing else.</param>
/// <param name="store">Keeps what the graph says.</param>
internal sealed class ClipImages(ModelPack pack, string graph, IReadOnlyCollection<string> outputs, Recipe recipe, INetworkStore store)
{
    private readonly Recipe _settings = PictureSettings.Of(recipe);
    private readonly Preparation _preparation = new(pack.Manifest, PictureSettings.Of(recipe), new PillowResampler());

    /// <summary>The pack, the graph and the settings that it sees, as text that differs when they do.</summary>
    /// <param name="beside">What is said of the input that it is given beside the picture; empty for none.</param>
    public string Fingerprint(string beside) => $"{store.Pack} {graph} {string.Join(',', outputs)} {_settings.Revision} {beside}".TrimEnd();

    /// <summary>Runs the graph on a picture, or finds that it was.</summary>
    public void Prepare(Picture picture, BesidePixels? beside, CancellationToken cancellation) =>
        store.Prepare(picture, graph, Fingerprint(beside?.Words ?? ""), Run(beside, cancellation));

    /// <summary>What it says of a picture.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="beside">What it is given beside it; null for nothing.</param>
    /// <param name="cancellation">Ends the run.</param>
    public StoredOutputs Get(Picture picture, BesidePixels? beside, CancellationToken cancellation) =>
        store.Get(picture, graph, Fingerprint(beside?.Words ?? ""), Run(beside, cancellation));

    private NetworkRun Run(BesidePixels? beside, CancellationToken cancellation) =>
        frame =>
        {
            var prepared = new PreparedImage();
            _preparation.Run(frame, Branches.Clip, prepared, cancellation: cancellation);
            using var networks = new PackNetworks(pack, _settings, prepared);
            (string, float[], long[])? input = beside is null ? null : (beside.Input, beside.Values, beside.Shape);
            return (networks.RunOnClipPixels(graph, outputs, input, cancellation), prepared.Region);
        };
}

/// <summary>What a graph is given beside a picture.</summary>
/// <param name="Input">The input's name.</param>
/// <param name="Words">Says what it is, and differs when that does.</param>
/// <param name="Values">Its elements in row-major order.</param>
/// <param name="Shape">Its lengths, outermost first.</param>
internal sealed record BesidePixels(string Input, string Words, float[] Values, long[] Shape)
{
    /// <summary>A text's embedding.</summary>
    /// <param name="words">The text.</param>
    /// <param name="embedding">Unit embedding [E].</param>
    public static BesidePixels Text(string words, float[] embedding) => new(GraphNames.Text, words, embedding, [1, embedding.Length]);

    /// <summary>The block at which value-value attention starts.</summary>
    /// <param name="start">From 1.</param>
    /// <param name="layers">Blocks of the tower.</param>
    public static BesidePixels ValueBlocks(int start, int layers) =>
        new(
            GraphNames.ValueBlocks,
            FormattableString.Invariant($"vv:{start}"),
            [.. Enumerable.Range(1, layers).Select(b => b < start ? 0f : 1f)],
            [layers]
        );
}
