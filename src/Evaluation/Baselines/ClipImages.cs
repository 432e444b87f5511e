using ClipFusion.Evaluation.Methods;
using ClipFusion.Imaging;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.OnnxInference.Sessions;

namespace ClipFusion.Evaluation.Baselines;

/// <summary>What a graph on CLIP's pixels says of pictures, kept in the store.</summary>
/// <param name="pack">A pack with that graph; shared, not owned.</param>
/// <param name="graph">The graph.</param>
/// <param name="outputs">Its outputs that are wanted.</param>
/// <param name="recipe">Crop and grey levels are taken from it, nothing else.</param>
/// <param name="store">Keeps what the graph says.</param>
internal sealed class ClipImages(ModelPack pack, string graph, IReadOnlyCollection<string> outputs, Recipe recipe, NetworkStore store)
{
    private readonly Recipe _settings = PictureSettings.Of(recipe);
    private readonly Preparation _preparation = new(pack.Manifest, PictureSettings.Of(recipe), new PillowResampler());

    /// <summary>The pack, the graph and the settings that it sees, as text that differs when they do.</summary>
    /// <param name="text">Words of a text that it is given beside the picture; empty for none.</param>
    public string Fingerprint(string text) => $"{store.Pack} {graph} {_settings.Revision} {text}".TrimEnd();

    /// <summary>Runs the graph on a picture, or finds that it was.</summary>
    public void Prepare(Picture picture, (string Words, float[] Embedding)? text, CancellationToken cancellation) =>
        store.Ensure(picture, graph, Fingerprint(text?.Words ?? ""), Run(text?.Embedding, cancellation));

    /// <summary>What it says of a picture.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="text">The text that it is given beside it: its words, and its unit embedding [E]; null for none.</param>
    /// <param name="cancellation">Ends the run.</param>
    public StoredOutputs Get(Picture picture, (string Words, float[] Embedding)? text, CancellationToken cancellation) =>
        store.Get(picture, graph, Fingerprint(text?.Words ?? ""), Run(text?.Embedding, cancellation));

    private NetworkRun Run(float[]? text, CancellationToken cancellation) =>
        frame =>
        {
            var prepared = new PreparedImage();
            _preparation.Run(frame, Branches.Clip, prepared, cancellation: cancellation);
            using var networks = new PackNetworks(pack, _settings, prepared);
            NetworkOutputs said = networks.RunOnClipPixels(graph, outputs, text, cancellation);
            return (said, prepared.Region);
        };
}
