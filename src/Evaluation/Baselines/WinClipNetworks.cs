using ClipFusion.Imaging;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Architectures;
using ClipFusion.Models.Pack;
using ClipFusion.OnnxInference.Sessions;

namespace ClipFusion.Evaluation.Baselines;

/// <summary>The towers that WinCLIP needs, of the same weights as the product's.</summary>
internal sealed class WinClipNetworks(ModelPack pack, Recipe recipe)
{
    private readonly PromptEmbeddings _embeddings = new(pack);
    private readonly Preparation _preparation = new(pack.Manifest, recipe, new PillowResampler());

    /// <summary>Patches along a side.</summary>
    public int Grid => pack.Manifest.RequireClip().GridSize;

    private static string[] Outputs => [GraphNames.Class, GraphNames.Patches, .. ClipWindows.Scales.Select(GraphNames.Windows)];

    /// <summary>Runs the image tower on the whole picture and all its windows.</summary>
    public (NetworkOutputs Outputs, Region Covered) Encode(ImageView frame, CancellationToken cancellation)
    {
        var prepared = new PreparedImage();
        _preparation.Run(frame, Branches.Clip, prepared, cancellation: cancellation);
        using var networks = new PackNetworks(pack, recipe, prepared);
        return (networks.RunOnClipPixels(GraphNames.WinClipImage, Outputs, null, cancellation), prepared.Region);
    }

    /// <summary>What <see cref="Encode"/> gave.</summary>
    public static WinClipFeatures Features(NetworkOutputs outputs) =>
        new(
            outputs.Floats(GraphNames.Class).ToArray(),
            [.. ClipWindows.Scales.Select(s => outputs.Floats(GraphNames.Windows(s)).ToArray())],
            outputs.Floats(GraphNames.Patches).ToArray()
        );

    /// <summary>Refuses an object whose prompts are too long.</summary>
    /// <exception cref="ClipFusion.Models.Tokenizer.PromptTooLongException">One is.</exception>
    public void EnsurePrompts(string objectWord) =>
        _embeddings.Ensure([.. WinClipPrompts.Normal(objectWord), .. WinClipPrompts.Anomalous(objectWord)], "WinCLIP's prompts");

    /// <summary>The plain mean of the prompts' embeddings [E].</summary>
    public float[] Mean(IReadOnlyList<string> prompts, CancellationToken cancellation) => _embeddings.Mean(prompts, cancellation);
}
