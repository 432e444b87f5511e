using ClipFusion.Models.Pack;

namespace ClipFusion.OnnxInference.Providers;

/// <summary>The words for providers and networks in configuration, state, logs and on the command line.</summary>
public static class ProviderNames
{
    /// <summary>What can be chosen.</summary>
    public static IReadOnlyList<(string Name, ProviderChoice Value)> Choices { get; } =
    [("auto", ProviderChoice.Auto), ("tensorrt", ProviderChoice.TensorRt), ("cuda", ProviderChoice.Cuda), ("cpu", ProviderChoice.Cpu)];

    /// <summary>The word for a provider: <c>cpu</c>, <c>cuda</c>, <c>tensorrt</c>.</summary>
    public static string Text(ExecutionProvider provider) =>
        provider switch
        {
            ExecutionProvider.TensorRt => "tensorrt",
            ExecutionProvider.Cuda => "cuda",
            _ => "cpu",
        };

    /// <summary>The words for a provider that does or does not replay CUDA graphs: <c>cuda</c>, <c>cuda with CUDA graphs</c>.</summary>
    public static string Text(ExecutionProvider provider, bool cudaGraphs) =>
        cudaGraphs ? $"{Text(provider)} with CUDA graphs" : Text(provider);

    /// <summary>The configuration's key for a network: <c>imageTower</c>, <c>textTowers</c>, <c>vae</c>, <c>unet</c>.</summary>
    public static string Text(NetworkPart part) =>
        part switch
        {
            NetworkPart.ImageTower => "imageTower",
            NetworkPart.TextTowers => "textTowers",
            NetworkPart.Vae => "vae",
            _ => "unet",
        };

    /// <summary>Which network a graph of a pack belongs to.</summary>
    public static NetworkPart PartOf(string graph) =>
        graph switch
        {
            GraphNames.ClipImage
            or GraphNames.WinClipImage
            or GraphNames.ClipTokensImage
            or GraphNames.ClipStreamsImage
            or GraphNames.MaskClipImage
            or GraphNames.TransMmImage
            or GraphNames.TransMmLastImage
            or GraphNames.BackboneImage => NetworkPart.ImageTower,
            GraphNames.ClipText or GraphNames.WinClipText or GraphNames.ClipLearnedText or GraphNames.DiffusionText =>
                NetworkPart.TextTowers,
            GraphNames.VaeEncoder => NetworkPart.Vae,
            _ => NetworkPart.Unet,
        };

    /// <summary>The providers that a choice allows, best first.</summary>
    public static IReadOnlyList<ExecutionProvider> Order(ProviderChoice choice) =>
        choice switch
        {
            ProviderChoice.TensorRt => [ExecutionProvider.TensorRt],
            ProviderChoice.Cuda => [ExecutionProvider.Cuda],
            ProviderChoice.Cpu => [ExecutionProvider.Cpu],
            _ => [ExecutionProvider.TensorRt, ExecutionProvider.Cuda, ExecutionProvider.Cpu],
        };
}
