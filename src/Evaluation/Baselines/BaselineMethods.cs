using ClipFusion.Evaluation.Baselines.Learned;
using ClipFusion.Evaluation.Methods;
using ClipFusion.Evaluation.Protocol;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;

namespace ClipFusion.Evaluation.Baselines;

/// <summary>The published methods to compare with, ready to judge.</summary>
internal static class BaselineMethods
{
    /// <summary>The graphs of a pack that a method runs.</summary>
    public static IReadOnlyList<string> GraphsOf(Baseline baseline, PackManifest pack) =>
        baseline switch
        {
            Baseline.WinClip => [GraphNames.WinClipImage, GraphNames.WinClipText],
            Baseline.Padim =>
            [
                .. pack.Clip is null ? [] : (string[])[GraphNames.ClipTokensImage],
                .. pack.Backbone is null ? [] : (string[])[GraphNames.BackboneImage],
            ],
            Baseline.ClipAc => [GraphNames.ClipImage, GraphNames.WinClipText],
            Baseline.MaskClip => [GraphNames.MaskClipImage, GraphNames.WinClipText],
            Baseline.TransMm => [GraphNames.TransMmImage, GraphNames.TransMmLastImage, GraphNames.WinClipText],
            Baseline.PromptAd or Baseline.Iipad => [GraphNames.ClipStreamsImage, GraphNames.ClipLearnedText],
            _ => [GraphNames.ClipImage],
        };

    /// <summary>A method's rows.</summary>
    /// <param name="baseline">The method.</param>
    /// <param name="pack">The networks; shared, not owned.</param>
    /// <param name="options">Recipe, channels, coreset, networks and prompts of one's own.</param>
    /// <param name="store">Keeps what the networks say.</param>
    /// <exception cref="PackException">The pack lacks what the method runs on.</exception>
    public static IEnumerable<IMethod> Of(Baseline baseline, ModelPack pack, EvaluationOptions options, INetworkStore store)
    {
        Recipe recipe = options.Recipe;
        return baseline switch
        {
            Baseline.WinClip => [new WinClipMethod(pack, recipe, store)],
            Baseline.PatchCore => [new PatchCoreMethod(new ClipPatches(pack, recipe, store), options.Coreset)],
            Baseline.Padim => Padim(pack, options, store),
            Baseline.ClipAc => [new ClipAcMethod(pack, recipe, store)],
            Baseline.MaskClip => [new MaskClipMethod(pack, recipe, store)],
            Baseline.TransMm =>
            [
                new TransMmMethod(pack, recipe, store, allBlocks: false),
                new TransMmMethod(pack, recipe, store, allBlocks: true),
            ],
            Baseline.PromptAd =>
            [
                new PromptAdMethod(pack, Given(options.PromptAd), recipe, store, isClean: false),
                new PromptAdMethod(pack, Given(options.PromptAd), recipe, store, isClean: true),
            ],
            Baseline.Iipad => [new IipadMethod(pack, Given(options.Iipad), recipe, store)],
            _ => throw new ArgumentOutOfRangeException(nameof(baseline), baseline, "a method is expected"),
        };
    }

    /// <summary>On CLIP where the pack has it, and on the pack's backbone unless another network is given for that row.</summary>
    private static IEnumerable<IMethod> Padim(ModelPack pack, EvaluationOptions options, INetworkStore store)
    {
        if (pack.Manifest.Clip is not null || pack.Manifest.Backbone is null)
            yield return new PadimMethod(new PadimClip(pack, options.PadimChannels, options.Recipe, store));
        if (pack.Manifest.Backbone is not null && options.PadimBackbone is null)
            yield return new PadimMethod(new PadimPack(pack, options.PadimChannels, options.Recipe, store));
    }

    private static T Given<T>(T? prompts)
        where T : class => prompts ?? throw new InvalidOperationException("a method of learned prompts was asked for without them");
}
