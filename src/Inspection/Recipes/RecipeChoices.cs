using System.Collections.Immutable;
using ClipFusion.Imaging;

namespace ClipFusion.Inspection.Recipes;

/// <summary>Which of the models judge; scores of different profiles are on different scales. The backbone has its share, by the recipe's
/// weight, in each of the first three.</summary>
public enum Profile
{
    /// <summary>CLIP and the diffusion model, weighed by the recipe's alphas.</summary>
    ClipFusion,

    /// <summary>The diffusion model (alpha 0).</summary>
    MapDiff,

    /// <summary>CLIP (alpha 1); the fast one of the paper's.</summary>
    PatchClip,

    /// <summary>The backbone alone; there is no zero-shot of it.</summary>
    Backbone,
}

/// <summary>Whose result is held for the case that a deadline comes first.</summary>
public enum FallbackChoice
{
    /// <summary>What suits the pack: PatchCLIP's where there is CLIP, else the backbone's.</summary>
    OfPack,

    /// <summary>Nobody's: there is no verdict then.</summary>
    None,

    /// <summary>PatchCLIP's.</summary>
    PatchClip,

    /// <summary>The backbone's.</summary>
    Backbone,
}

/// <summary>How the backbone's map becomes a score.</summary>
public enum BackboneScore
{
    /// <summary>Its greatest value on the score grid, as for the other vision branches.</summary>
    Max,

    /// <summary>The mean of the greatest hundredth of its cells, on the first layer's grid: for tiny defects among noisy cells.</summary>
    Top1,
}

/// <summary>The terms of map and score: four of equations 4 and 9, and the backbone's.</summary>
[Flags]
public enum Branches
{
    /// <summary>No term.</summary>
    None = 0,

    /// <summary>CLIP against the texts: M^{CLIP,L}, S^{CLIP,L}.</summary>
    ClipLanguage = 1,

    /// <summary>CLIP against the references: M^{CLIP,V}, S^{CLIP,V}.</summary>
    ClipVision = 2,

    /// <summary>The denoiser's cross-attention to the states: M^{Diff,L}, S^{Diff,L}.</summary>
    DiffLanguage = 4,

    /// <summary>The denoiser's features against the references: M^{Diff,V}, S^{Diff,V}.</summary>
    DiffVision = 8,

    /// <summary>The backbone's features against the references: M^{B,V}, S^{B,V}.</summary>
    BackboneVision = 16,

    /// <summary>Both CLIP terms.</summary>
    Clip = ClipLanguage | ClipVision,

    /// <summary>Both diffusion terms.</summary>
    Diff = DiffLanguage | DiffVision,

    /// <summary>Both terms that need no reference image.</summary>
    Language = ClipLanguage | DiffLanguage,

    /// <summary>Both terms of the paper that compare with reference images.</summary>
    Vision = ClipVision | DiffVision,

    /// <summary>All terms that compare with reference images.</summary>
    Compared = Vision | BackboneVision,

    /// <summary>All four terms of the paper.</summary>
    All = Clip | Diff,
}

/// <summary>How the rows of a cross-attention map are scaled before the state's columns are read.</summary>
public enum TokenNormalization
{
    /// <summary>As the softmax gave them.</summary>
    None,

    /// <summary>Divided by their sum over the prompt's own tokens, without the start and end tokens.</summary>
    Content,
}

/// <summary>Which of CLIP's two image streams is read.</summary>
public enum ClipStream
{
    /// <summary>The value-value attention stream.</summary>
    Vv,

    /// <summary>The vision transformer as published.</summary>
    Original,
}

/// <summary>The prompt under which a query's diffusion features are taken.</summary>
public enum QueryFeaturePrompt
{
    /// <summary>The state prompt with the recipe's generic state.</summary>
    Generic,

    /// <summary>The reference prompt, as for reference images.</summary>
    Reference,
}

/// <summary>A denoiser pass and the decoder block whose output is a feature there.</summary>
/// <param name="Timestep">0..999.</param>
/// <param name="Block">Decoder block, counted from 0.</param>
public readonly record struct TimestepBlock(int Timestep, int Block);

/// <summary>What a recipe wants left out of the judgement: a mask picture or rectangles, one of the two.</summary>
/// <param name="MaskFile">Path of a picture beside the recipe, relative to the recipe's folder, non-zero pixels ignored; or null.</param>
/// <param name="Regions">Rectangles that are ignored; empty with a mask file.</param>
public sealed record IgnoreRule(string? MaskFile, ImmutableArray<Region> Regions);
