using ClipFusion.Models.Graph;
using ClipFusion.Models.Pack;

namespace ClipFusion.OnnxInference.Providers;

/// <summary>A graph of a pack with its variants.</summary>
/// <param name="Folder">The pack's folder.</param>
/// <param name="Name">What it computes, such as <c>mapdiff</c>.</param>
/// <param name="Variants">The same computation for each runtime, all with or all without raw taps.</param>
/// <param name="WeightBytes">Size of its weight file.</param>
/// <param name="Precision">The pack's.</param>
internal sealed record GraphFile(
    string Folder,
    string Name,
    IReadOnlyList<GraphEntry> Variants,
    long WeightBytes,
    Precision Precision = Precision.Float32
)
{
    /// <summary>The network that it belongs to.</summary>
    public NetworkPart Part => ProviderNames.PartOf(Name);

    /// <summary>Whether every run has the same shapes: those that see one picture and nothing else do. The UNet's follow the values of its
    /// inputs, and text towers run once.</summary>
    public bool HasFixedShapes => Part is (NetworkPart.ImageTower or NetworkPart.Vae) && Variants[0].Inputs.Count == 1;

    /// <summary>The variant for a runtime, or the only one that there is.</summary>
    public GraphEntry For(GraphTarget target) => Variants.FirstOrDefault(v => v.Target == target) ?? Variants[0];

    /// <summary>Path of a variant.</summary>
    public string PathOf(GraphTarget target) => Path.Combine(Folder, For(target).File);
}
