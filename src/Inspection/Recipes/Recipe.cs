using System.Collections.Immutable;
using ClipFusion.Imaging;

namespace ClipFusion.Inspection.Recipes;

/// <summary>
/// What to look for on one product and how: everything of a recipe that the method reads. Immutable; each default is the product's, so an
/// object word is a whole recipe. <see cref="RecipeReader"/> checks files; a recipe changed in code with <c>with</c> is checked by writing
/// and reading it.
/// </summary>
/// <remarks>Compare recipes by <see cref="Revision"/>: the record's own equality compares lists by reference.</remarks>
public sealed record Recipe
{
    /// <summary>Side of the grid on which image scores take their maxima. Not a setting: how large a map is shown must not move a
    /// verdict.</summary>
    public const int ScoreSize = 240;

    /// <summary>The object word that the prompts' {object} stands for; not empty, at most 512 characters.</summary>
    public required string Object { get; init; }

    /// <summary>Words for what can be wrong with the object, 1..32, distinct; each is one denoiser pass.</summary>
    public ImmutableArray<string> States { get; init; } = ["crack", "hole", "residue", "damage"];

    /// <summary>The state under whose prompt a query's diffusion features are taken; need not be among <see cref="States"/>.</summary>
    public string GenericState { get; init; } = "damage";

    /// <summary>CLIP's templates of a normal object, with {object}; 1..64.</summary>
    public ImmutableArray<string> NormalPrompts { get; init; } = ["a good, cropped picture of the perfect {object} for classification"];

    /// <summary>CLIP's templates of an abnormal object, with {object}; 1..64.</summary>
    public ImmutableArray<string> AbnormalPrompts { get; init; } = ["a good, cropped picture of the damaged {object} for classification"];

    /// <summary>The denoiser's template for a state, with {object} and {state}.</summary>
    public string StatePrompt { get; init; } = "a close-up cropped png photo of a {object} with {state} for anomaly segmentation";

    /// <summary>The denoiser's template for reference images, with {object}.</summary>
    public string ReferencePrompt { get; init; } = "a photo of a perfect {object}";

    /// <summary>Divisor of equation 1, above 0; null = the network's own, 1/exp(logit_scale).</summary>
    public double? Temperature { get; init; } = 0.07;

    /// <summary>Scaling of cross-attention rows.</summary>
    public TokenNormalization TokenNormalization { get; init; } = TokenNormalization.None;

    /// <summary>CLIP stream of the patch embeddings.</summary>
    public ClipStream LanguageStream { get; init; } = ClipStream.Vv;

    /// <summary>CLIP stream of the block features.</summary>
    public ClipStream FeatureStream { get; init; } = ClipStream.Vv;

    /// <summary>Prompt of a query's diffusion features.</summary>
    public QueryFeaturePrompt QueryFeaturePrompt { get; init; } = QueryFeaturePrompt.Generic;

    /// <summary>Timestep (0..999) of the cross-attention maps.</summary>
    public int LanguageTimestep { get; init; } = 201;

    /// <summary>Where diffusion features are taken (the set T of equation 8), 1..16, distinct.</summary>
    public ImmutableArray<TimestepBlock> TimestepBlocks { get; init; } = [new(201, 3), new(401, 2), new(801, 1)];

    /// <summary>CLIP's weight in the map as the recipe names it; null = the pack's.</summary>
    public double? NamedAlphaSegmentation { get; init; }

    /// <summary>CLIP's weight in the map, 0..1 (equation 4); the paper's as long as nothing else is known.</summary>
    public double AlphaSegmentation
    {
        get => NamedAlphaSegmentation ?? 0.25;
        init => NamedAlphaSegmentation = value;
    }

    /// <summary>CLIP's weight in the score as the recipe names it; null = the pack's.</summary>
    public double? NamedAlphaClassification { get; init; }

    /// <summary>CLIP's weight in the score, 0..1 (equation 9); the paper's as long as nothing else is known.</summary>
    public double AlphaClassification
    {
        get => NamedAlphaClassification ?? 0.75;
        init => NamedAlphaClassification = value;
    }

    /// <summary>Side of the fused map in pixels, 1..4096.</summary>
    public int OutputSize { get; init; } = 240;

    /// <summary>Standard deviation of the map's smoothing in cells of a 240 x 240 map, 0..64; 0 = off.</summary>
    public double SmoothingSigma { get; init; }

    /// <summary>Share of the references' features that memory banks keep, above 0, at most 1 = all: a coreset, for many
    /// references.</summary>
    public double Coreset { get; init; } = 1;

    /// <summary>The backbone's weight w in map and score, 0 or more: M' = (M + w M^{B,V})/(1 + w/2), and S' alike; null = the
    /// pack's.</summary>
    public double? BackboneWeight { get; init; }

    /// <summary>What becomes of the backbone's map.</summary>
    public BackboneScore BackboneScore { get; init; } = BackboneScore.Max;

    /// <summary>For parts that always lie alike: only rows of references within so many cells, up, down and to the sides, are compared, on
    /// the grid of each of the backbone's layers, 0..1024; null = all rows.</summary>
    public int? PositionRadius { get; init; }

    /// <summary>For parts that lie anyhow: whether the backbone also sees the references turned by 90, 180 and 270 degrees.</summary>
    public bool ReferenceTurns { get; init; }

    /// <summary>Whose result is held for the case that the deadline comes first.</summary>
    public FallbackChoice Fallback { get; init; } = FallbackChoice.OfPack;

    /// <summary>The terms that the recipe lists; null = all that the pack has.</summary>
    public Branches? ListedBranches { get; init; }

    /// <summary>The terms that are computed; at least one that the profile uses. The paper's four as long as nothing else is
    /// known.</summary>
    public Branches Branches
    {
        get => ListedBranches ?? Branches.All;
        init => ListedBranches = value;
    }

    /// <summary>The part of the frame that is judged; null = all of it.</summary>
    public Region? Region { get; init; }

    /// <summary>What is left out of banks, maxima, medians and regions; null = nothing.</summary>
    public IgnoreRule? Ignore { get; init; }

    /// <summary>From frame to square.</summary>
    public CropMode Crop { get; init; } = CropMode.Squash;

    /// <summary>Grey level of 10 to 16 bit frames that becomes 0; null = the lowest.</summary>
    public int? BlackLevel { get; init; }

    /// <summary>Grey level of 10 to 16 bit frames that becomes 255; null = the highest.</summary>
    public int? WhiteLevel { get; init; }

    /// <summary>The profile that the recipe names; null = the fullest that the pack has.</summary>
    public Profile? NamedProfile { get; init; }

    /// <summary>The models that judge; the paper's two as long as nothing else is known.</summary>
    public Profile Profile
    {
        get => NamedProfile ?? Profile.ClipFusion;
        init => NamedProfile = value;
    }

    /// <summary>The branches that the profile leaves: <see cref="Branches"/> of the models that it runs.</summary>
    public Branches UsedBranches => Branches & OfProfile(Profile);

    /// <summary>The branches of the models that a profile runs.</summary>
    /// <param name="profile">The profile.</param>
    public static Branches OfProfile(Profile profile) =>
        profile switch
        {
            Profile.PatchClip => Branches.Clip | Branches.BackboneVision,
            Profile.MapDiff => Branches.Diff | Branches.BackboneVision,
            Profile.Backbone => Branches.BackboneVision,
            _ => Branches.All | Branches.BackboneVision,
        };

    /// <summary>Sixteen hex digits that change with every setting and with nothing else; computed on every call. A mask file counts by its
    /// path, not its content. What a recipe leaves to the pack does not count: the pack's own hash stands beside it.</summary>
    public string Revision => RecipeWriter.Revision(this);

    /// <summary>The product's defaults for an object.</summary>
    /// <param name="objectWord">What the camera looks at, for example "metal nut"; not empty.</param>
    /// <exception cref="ArgumentException"><paramref name="objectWord"/> is empty.</exception>
    public static Recipe Default(string objectWord)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(objectWord);
        return new Recipe { Object = objectWord };
    }
}
