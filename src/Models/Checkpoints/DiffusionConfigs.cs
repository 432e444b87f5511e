namespace ClipFusion.Models.Checkpoints;

/// <summary>Activation of a text encoder's feed-forward part.</summary>
public enum TextActivation
{
    /// <summary>Exact GELU, x Phi(x).</summary>
    Gelu,

    /// <summary>x sigmoid(1.702 x).</summary>
    QuickGelu,
}

/// <summary>A Stable Diffusion 1 or 2 denoiser (diffusers' <c>UNet2DConditionModel</c>) with one transformer layer per attention.</summary>
/// <param name="SampleSize">Side of the square latent it was trained on.</param>
/// <param name="InChannels">4, or 9 for inpainting (latent, mask, masked latent).</param>
/// <param name="BlockOutChannels">Channels of each down block, outermost first.</param>
/// <param name="LayersPerBlock">Resnets of each down block; an up block has one more than its mirror image.</param>
/// <param name="HeadCounts">Attention heads of each down block (published under the name <c>attention_head_dim</c>).</param>
/// <param name="CrossAttentionDim">Channels of a text token.</param>
/// <param name="NormGroups">Groups of every group norm.</param>
/// <param name="NormEps">Epsilon of the resnets' and the last group norm.</param>
/// <param name="UseLinearProjection">Whether the transformers' projections are linear layers instead of 1x1 convolutions.</param>
/// <param name="DownBlockHasAttention">Which down blocks have cross-attention, outermost first.</param>
/// <param name="UpBlockHasAttention">Which up blocks have cross-attention, innermost first, as decoder blocks are counted.</param>
/// <param name="FlipSinToCos">Whether the timestep embedding has its cosines first.</param>
/// <param name="FreqShift">Shift in the timestep embedding's frequencies, 0 as published.</param>
public sealed record UnetConfig(
    int SampleSize,
    int InChannels,
    int[] BlockOutChannels,
    int[] LayersPerBlock,
    int[] HeadCounts,
    int CrossAttentionDim,
    int NormGroups,
    double NormEps,
    bool UseLinearProjection,
    bool[] DownBlockHasAttention,
    bool[] UpBlockHasAttention,
    bool FlipSinToCos,
    int FreqShift
);

/// <summary>The encoder of a Stable Diffusion autoencoder (diffusers' <c>AutoencoderKL</c>).</summary>
/// <param name="InChannels">Always 3, RGB.</param>
/// <param name="LatentChannels">Channels of the latent mean.</param>
/// <param name="BlockOutChannels">Channels of each down block, outermost first; every block but the last halves the side.</param>
/// <param name="LayersPerBlock">Resnets of each down block.</param>
/// <param name="NormGroups">Groups of every group norm.</param>
/// <param name="ScalingFactor">What the latent mean is multiplied by, above 0.</param>
/// <param name="SampleSize">Side of the square picture it was trained on, in pixels.</param>
public sealed record VaeConfig(
    int InChannels,
    int LatentChannels,
    int[] BlockOutChannels,
    int LayersPerBlock,
    int NormGroups,
    double ScalingFactor,
    int SampleSize
);

/// <summary>Stable Diffusion's text encoder (transformers' <c>CLIPTextModel</c>).</summary>
/// <param name="VocabularySize">Rows of the token embedding.</param>
/// <param name="Width">Channels of a token.</param>
/// <param name="Layers">Blocks, as many as published (23 in Stable Diffusion 2).</param>
/// <param name="Heads">Attention heads.</param>
/// <param name="MlpWidth">Hidden channels of a block's feed-forward part.</param>
/// <param name="ContextLength">Tokens of a text, padding included.</param>
/// <param name="LayerNormEps">Epsilon of every layer norm.</param>
/// <param name="Activation">Of the feed-forward part.</param>
public sealed record DiffusionTextConfig(
    int VocabularySize,
    int Width,
    int Layers,
    int Heads,
    int MlpWidth,
    int ContextLength,
    double LayerNormEps,
    TextActivation Activation
);
