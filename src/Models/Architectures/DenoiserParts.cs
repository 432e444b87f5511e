namespace ClipFusion.Models.Architectures;

/// <summary>The three components of the denoiser, of which any may give cross-attention maps (the paper's table 9). The method takes
/// <see cref="Encoder"/> and <see cref="Decoder"/>.</summary>
[Flags]
public enum DenoiserParts
{
    /// <summary>None of them.</summary>
    None = 0,

    /// <summary>The down blocks.</summary>
    Encoder = 1,

    /// <summary>The middle block.</summary>
    Bottleneck = 2,

    /// <summary>The up blocks.</summary>
    Decoder = 4,
}

/// <summary>Which component a layer belongs to.</summary>
internal static class DenoiserLayers
{
    /// <summary>The component of a layer by its published name.</summary>
    public static DenoiserParts PartOf(string layer) =>
        layer.Split('.')[0] switch
        {
            "down_blocks" => DenoiserParts.Encoder,
            "mid_block" => DenoiserParts.Bottleneck,
            "up_blocks" => DenoiserParts.Decoder,
            _ => throw new ArgumentException(
                $"'{layer}' is no layer of a denoiser: down_blocks, mid_block or up_blocks is expected first",
                nameof(layer)
            ),
        };
}
