namespace ClipFusion.Models.Checkpoints;

/// <summary>A DINOv2 vision transformer as its folder describes it.</summary>
/// <param name="Width">Channels of a token.</param>
/// <param name="Layers">Blocks.</param>
/// <param name="Heads">Attention heads; they divide <paramref name="Width"/>.</param>
/// <param name="PatchSize">Side of a square patch in pixels.</param>
/// <param name="TrainedGrid">Patches along a side that the position embeddings are stored for.</param>
/// <param name="Registers">Register tokens, 0 or more.</param>
/// <param name="HiddenWidth">Hidden channels of a block's feed-forward part, of each half where it is gated.</param>
/// <param name="IsGated">Whether the feed-forward part is SwiGLU instead of two layers with GELU between them.</param>
/// <param name="NormEpsilon">Epsilon of every layer normalisation.</param>
/// <param name="Positions">How position embeddings are resampled.</param>
public sealed record DinoConfig(
    int Width,
    int Layers,
    int Heads,
    int PatchSize,
    int TrainedGrid,
    int Registers,
    int HiddenWidth,
    bool IsGated,
    double NormEpsilon,
    DinoPositions Positions
);

/// <summary>How the stored position embeddings are resampled to another grid: the settings with which the original repository runs its
/// published checkpoints.</summary>
/// <param name="Offset">What is added to the new grid's side before the scale is computed.</param>
/// <param name="Antialias">Whether the filter is widened where the grid shrinks, and its weights are made to sum to one.</param>
public sealed record DinoPositions(double Offset, bool Antialias)
{
    /// <summary>Models without registers.</summary>
    public static DinoPositions Plain { get; } = new(0.1, false);

    /// <summary>Models with registers.</summary>
    public static DinoPositions WithRegisters { get; } = new(0, true);
}
