using ClipFusion.Models.Architectures;

namespace ClipFusion.Models.Pack;

/// <summary>Names of a pack's graphs and of their inputs and outputs: the contract between the builder and the method.</summary>
public static class GraphNames
{
    /// <summary>Image tower: <see cref="Pixels"/> to <see cref="Class"/>, patch embeddings and block features.</summary>
    public const string ClipImage = "clip_image";

    /// <summary>Text tower: <see cref="Tokens"/> to <see cref="Embeddings"/>.</summary>
    public const string ClipText = "clip_text";

    /// <summary>Stable Diffusion's text encoder: <see cref="Tokens"/> to <see cref="Context"/>.</summary>
    public const string DiffusionText = "diffusion_text";

    /// <summary>VAE encoder: <see cref="Pixels"/> to <see cref="Latent"/>.</summary>
    public const string VaeEncoder = "vae_encoder";

    /// <summary>UNet for a whole query or reference image: maps and features.</summary>
    public const string MapDiff = "mapdiff";

    /// <summary>UNet for zero-shot: maps alone, every row stops at the last one.</summary>
    public const string MapDiffLanguage = "mapdiff_language";

    /// <summary>UNet for zero-shot with maps of other components than the method's (<see cref="StateMapsOf"/>). For comparisons; the method
    /// does not use it.</summary>
    public const string MapDiffParts = "mapdiff_parts";

    /// <summary>WinCLIP's image tower: <see cref="Pixels"/> to <see cref="Class"/>, <see cref="Patches"/> and <see cref="Windows"/>. For
    /// comparisons; the method does not use it.</summary>
    public const string WinClipImage = "winclip_image";

    /// <summary>WinCLIP's text tower: <see cref="Tokens"/> to <see cref="Raw"/> <see cref="Embeddings"/>.</summary>
    public const string WinClipText = "winclip_text";

    /// <summary>MaskCLIP's image tower: <see cref="Pixels"/> to <see cref="Raw"/> <see cref="PatchesOriginal"/>. For comparisons; the
    /// method does not use it.</summary>
    public const string MaskClipImage = "maskclip_image";

    /// <summary>The image tower's original stream: <see cref="Pixels"/> to <see cref="Raw"/> <see cref="FeaturesOriginal"/> of the pack's
    /// blocks. For comparisons; the method does not use it.</summary>
    public const string ClipTokensImage = "clip_tokens_image";

    /// <summary>Trans-MM on the image tower, all blocks: <see cref="Pixels"/> and <see cref="Text"/> to <see cref="Relevance"/>. For
    /// comparisons; the method does not use it.</summary>
    public const string TransMmImage = "transmm_image";

    /// <summary>As <see cref="TransMmImage"/>, the last block alone.</summary>
    public const string TransMmLastImage = "transmm_last_image";

    /// <summary>Image tower with everything of every block: <see cref="Pixels"/> and <see cref="ValueBlocks"/> to <see cref="Raw"/> <see
    /// cref="Class"/>, <see cref="ClassUnnormed"/>, <see cref="FeaturesOriginal"/>, <see cref="FeaturesAttended"/> and <see
    /// cref="EmbeddingsVv"/>. For comparisons; the method does not use it.</summary>
    public const string ClipStreamsImage = "clip_streams_image";

    /// <summary>Text tower that takes learned vectors in the place of words: <see cref="Tokens"/>, <see cref="LearnedVectors"/> and <see
    /// cref="LearnedPlaces"/> to <see cref="Raw"/> <see cref="Embeddings"/>. For comparisons; the method does not use it.</summary>
    public const string ClipLearnedText = "clip_learned_text";

    /// <summary>Backbone: <see cref="Pixels"/> to <see cref="BackboneFeatures"/> of each of its layers.</summary>
    public const string BackboneImage = "backbone_image";

    /// <summary>Debug variants of a transformer as the backbone: float32 [N, L, W], the tokens before the first block.</summary>
    public const string BackboneTokens = "backbone_tokens";

    /// <summary>Debug variants of a transformer as the backbone: float32 [N, W], the last block's class token, normalised.</summary>
    public const string BackboneClass = "backbone_cls";

    /// <summary>float32 [P, W]: the last block's patch tokens after ln_post, not projected.</summary>
    public const string Patches = "patches";

    /// <summary>uint8 [N, S, S, 3], RGB.</summary>
    public const string Pixels = "pixels";

    /// <summary>float32 [1, E], unit: a prompt's embedding.</summary>
    public const string Text = "text";

    /// <summary>float32 [P], 0 or more: how much a patch has to do with the likeness of picture and <see cref="Text"/>.</summary>
    public const string Relevance = "relevance";

    /// <summary>float32 [1, E]: the class embedding without ln_post.</summary>
    public const string ClassUnnormed = "class_unnormed";

    /// <summary>float32 [L]: 1 for blocks with value-value attention, 0 for those before them.</summary>
    public const string ValueBlocks = "value_blocks";

    /// <summary>float32 [N, 77, Wt]: what takes the place of token embeddings.</summary>
    public const string LearnedVectors = "learned_vectors";

    /// <summary>float32 [N, 77, 1]: 1 where it does, 0 elsewhere.</summary>
    public const string LearnedPlaces = "learned_places";

    /// <summary>int64 [N, 77].</summary>
    public const string Tokens = "tokens";

    /// <summary>float32 [N, E], unit.</summary>
    public const string Embeddings = "embeddings";

    /// <summary>float32 [rows, 77, D].</summary>
    public const string Context = "context";

    /// <summary>float32 [N, 4, H, W], times the scaling factor.</summary>
    public const string Latent = "latent";

    /// <summary>float32 [N, E], unit: the class embedding.</summary>
    public const string Class = "class";

    /// <summary>float32 [N, P, E], unit: patch embeddings of the value-value stream.</summary>
    public const string PatchesVv = "patches_vv";

    /// <summary>float32 [N, P, E], unit: patch embeddings of the original stream.</summary>
    public const string PatchesOriginal = "patches_original";

    /// <summary>float32 [T]: distinct timesteps.</summary>
    public const string Timesteps = "timesteps";

    /// <summary>int64 [rows]: index into <see cref="Timesteps"/>.</summary>
    public const string RowTimesteps = "row_timesteps";

    /// <summary>float32 [rows, 77, 2]: state-token weights and normaliser.</summary>
    public const string TokenWeights = "token_weights";

    /// <summary>int64 [1]: rows that run on after the last map, at least 1.</summary>
    public const string RowsAfterMaps = "rows_after_maps";

    /// <summary>float32 [rows, H, W]: per row the map, mean over heads, state tokens and layers, divided by its normaliser layer by
    /// layer.</summary>
    public const string StateMaps = "state_maps";

    /// <summary>float32 [rows, H, W]: as <see cref="StateMaps"/> without the division, for equation 10.</summary>
    public const string StateMapsUnnormalized = "state_maps_unnormalized";

    /// <summary>CLIP's vocab.json in a pack.</summary>
    public const string ClipVocabulary = "clip.vocab.json";

    /// <summary>CLIP's merges.txt in a pack.</summary>
    public const string ClipMerges = "clip.merges.txt";

    /// <summary>Stable Diffusion's vocab.json in a pack.</summary>
    public const string DiffusionVocabulary = "diffusion.vocab.json";

    /// <summary>Stable Diffusion's merges.txt in a pack.</summary>
    public const string DiffusionMerges = "diffusion.merges.txt";

    /// <summary>Golden outputs in a pack: float32, as the CPU computed them when the pack was built.</summary>
    public const string Goldens = "goldens.safetensors";

    private static readonly Numbered NamesVv = new("features_vv_");
    private static readonly Numbered NamesOriginal = new("features_original_");
    private static readonly Numbered NamesAttended = new("features_attended_");
    private static readonly Numbered NamesOfEmbeddingsVv = new("embeddings_vv_");
    private static readonly Numbered NamesOfFeatures = new("features_");
    private static readonly Numbered NamesOfBackbone = new("features_backbone_");

    /// <summary>The sets of components that <see cref="MapDiffParts"/> gives maps of: the rows of the paper's table 9 that are not the
    /// method's own.</summary>
    public static IReadOnlyList<DenoiserParts> MappedParts { get; } =
    [DenoiserParts.Decoder, DenoiserParts.Encoder | DenoiserParts.Bottleneck | DenoiserParts.Decoder];

    /// <summary>float32 [rows, H, W]: as <see cref="StateMaps"/>, the mean over the layers of some of the denoiser's components.</summary>
    public static string StateMapsOf(DenoiserParts parts) => $"{StateMaps}.{NameOf(parts)}";

    /// <summary>float32 [rows, H, W]: as <see cref="StateMapsUnnormalized"/>, the mean over the layers of some of the denoiser's
    /// components.</summary>
    public static string StateMapsUnnormalizedOf(DenoiserParts parts) => $"{StateMapsUnnormalized}.{NameOf(parts)}";

    /// <summary>Whether a graph is for comparisons alone: an appliance never runs it.</summary>
    public static bool IsForComparisons(string graph) =>
        graph
            is WinClipImage
                or WinClipText
                or ClipTokensImage
                or ClipStreamsImage
                or ClipLearnedText
                or MaskClipImage
                or TransMmImage
                or TransMmLastImage
                or MapDiffParts;

    /// <summary>The external-data file of a graph; graphs of one network share it.</summary>
    public static string WeightFile(string graph) =>
        graph switch
        {
            ClipImage or ClipText or WinClipImage or WinClipText => "clip.weights",
            ClipTokensImage or ClipStreamsImage or ClipLearnedText or MaskClipImage or TransMmImage or TransMmLastImage => "clip.weights",
            BackboneImage => "backbone.weights",
            MapDiff or MapDiffLanguage or MapDiffParts => "unet.weights",
            _ => $"{graph}.weights",
        };

    /// <summary>float32 [N, P, W], unit: the value-value stream after block <paramref name="block"/> (from 1).</summary>
    public static string FeaturesVv(int block) => NamesVv.Of(block);

    /// <summary>float32 [N, P, W], unit: the original stream after block <paramref name="block"/> (from 1).</summary>
    public static string FeaturesOriginal(int block) => NamesOriginal.Of(block);

    /// <summary>float32 [1, P, W]: the original stream after block <paramref name="block"/> (from 1) plus the next block's attention; of
    /// the last block without.</summary>
    public static string FeaturesAttended(int block) => NamesAttended.Of(block);

    /// <summary>float32 [1, P, E]: embeddings of the value-value stream after block <paramref name="block"/> (from 1).</summary>
    public static string EmbeddingsVv(int block) => NamesOfEmbeddingsVv.Of(block);

    /// <summary>float32 [N, cells, C], unit: features of the backbone's layer of that number (from 0), cells row by row.</summary>
    public static string BackboneFeatures(int layer) => NamesOfBackbone.Of(layer);

    /// <summary>Debug variants of a transformer as the backbone: float32 [N, P, W], the patch tokens of a layer as they leave it.</summary>
    public static string BackboneRaw(string layer) => $"backbone_raw.{layer}";

    /// <summary>As <see cref="BackboneRaw"/>, after the final normalisation.</summary>
    public static string BackboneNormed(string layer) => $"backbone_norm.{layer}";

    /// <summary>float32 [V, E]: embeddings of every window of <paramref name="scale"/> x <paramref name="scale"/> patches, row by row,
    /// stride 1.</summary>
    public static string Windows(int scale) => $"windows_{scale}";

    /// <summary>int64 [1]: rows that enter decoder block <paramref name="block"/> (from 1), at least 1.</summary>
    public static string RowsEntering(int block) => $"rows_entering_{block}";

    /// <summary>int64 [n]: rows whose features of decoder block <paramref name="block"/> (from 0) are wanted.</summary>
    public static string FeatureRows(int block) => $"feature_rows_{block}";

    /// <summary>float32 [n, H W, C], unit: features of decoder block <paramref name="block"/> (from 0).</summary>
    public static string Features(int block) => NamesOfFeatures.Of(block);

    /// <summary>Debug variants: the raw tensor behind an L2-normalised output.</summary>
    public static string Raw(string output) => $"raw_{output}";

    /// <summary>Debug variants: float32 [rows, H W], a layer's map, mean over heads and state tokens, not divided.</summary>
    public static string Probabilities(string layer) => $"probs.{layer}";

    /// <summary>Names that differ in a number. Every inspection asks for some, so those of usual networks are made once.</summary>
    private sealed class Numbered(string prefix)
    {
        private readonly string[] _usual = [.. Enumerable.Range(0, 64).Select(n => $"{prefix}{n}")];

        public string Of(int number) => (uint)number < (uint)_usual.Length ? _usual[number] : $"{prefix}{number}";
    }

    private static string NameOf(DenoiserParts parts) =>
        string.Join(
            '-',
            Enum.GetValues<DenoiserParts>()
                .Where(p => p != DenoiserParts.None && parts.HasFlag(p))
                .Select(p => p.ToString().ToLowerInvariant())
        );
}
