namespace ClipFusion.Models.Checkpoints;

/// <summary>An OpenCLIP model with two plain transformer towers, as its <c>open_clip_config.json</c> describes it.</summary>
/// <param name="EmbedDim">Length of the common embedding.</param>
/// <param name="Vision">The image tower.</param>
/// <param name="Text">The text tower.</param>
/// <param name="QuickGelu">Whether both towers use x sigmoid(1.702 x) instead of the exact GELU.</param>
/// <param name="Mean">Mean per channel (RGB) that is subtracted from pixels scaled to 0..1.</param>
/// <param name="Std">Deviation per channel (RGB) by which the difference is divided, above 0.</param>
public sealed record OpenClipConfig(
    int EmbedDim,
    VisionTowerConfig Vision,
    TextTowerConfig Text,
    bool QuickGelu,
    float[] Mean,
    float[] Std
);

/// <summary>A vision transformer with a class token and a pre-norm.</summary>
/// <param name="ImageSize">Side of the square input in pixels, a multiple of the patch.</param>
/// <param name="Layers">Blocks.</param>
/// <param name="Width">Channels of a token.</param>
/// <param name="PatchSize">Side of a square patch in pixels.</param>
/// <param name="Heads">Attention heads.</param>
/// <param name="MlpWidth">Hidden channels of a block's feed-forward part.</param>
public sealed record VisionTowerConfig(int ImageSize, int Layers, int Width, int PatchSize, int Heads, int MlpWidth);

/// <summary>A causal text transformer that is read at the end token.</summary>
/// <param name="ContextLength">Tokens of a text, padding included.</param>
/// <param name="VocabularySize">Rows of the token embedding.</param>
/// <param name="Width">Channels of a token.</param>
/// <param name="Heads">Attention heads.</param>
/// <param name="Layers">Blocks.</param>
/// <param name="MlpWidth">Hidden channels of a block's feed-forward part.</param>
public sealed record TextTowerConfig(int ContextLength, int VocabularySize, int Width, int Heads, int Layers, int MlpWidth);
