namespace ClipFusion.Models.ForeignGraphs;

/// <summary>What a network wants its picture to be: (u8 / 255 - mean) / std per channel.</summary>
/// <param name="Mean">Mean of pixels scaled to 0..1 per channel, in the order in which the network takes the channels.</param>
/// <param name="Std">Deviation, likewise; above 0.</param>
/// <param name="IsBgr">Whether the channels are blue, green, red.</param>
public sealed record BackboneInput(IReadOnlyList<double> Mean, IReadOnlyList<double> Std, bool IsBgr)
{
    /// <summary>What torchvision's networks want: RGB and ImageNet's figures.</summary>
    public static BackboneInput ImageNet { get; } = new([0.485, 0.456, 0.406], [0.229, 0.224, 0.225], false);
}
