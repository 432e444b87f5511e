using System.Buffers;
using System.Numerics.Tensors;
using ClipFusion.Inspection.Maps;
using ClipFusion.Inspection.Recipes;

namespace ClipFusion.Inspection;

/// <summary>
/// Step 6: the branches' maps and scores become one map and one score.
/// <code>
/// M = a (M^{CLIP,L} + M^{CLIP,V}) + (1-a) (M^{Diff,L} + M^{Diff,V})      equation 4, a = alphaSegmentation
/// S = b (S^{CLIP,L} + S^{CLIP,V}) + (1-b) (S^{Diff,L} + S^{Diff,V})      equation 9, b = alphaClassification
/// </code>
/// Zero-shot takes the language terms only; the profile patchclip sets a = b = 1, mapdiff a = b = 0; a branch outside the recipe's adds
/// nothing. With references and a backbone of weight w
/// <code>
/// M' = (M + w M^{B,V}) / (1 + w/2)      S' = (S + w S^{B,V}) / (1 + w/2)
/// </code>
/// so that both stay within 0..2; the profile backbone is M^{B,V} and S^{B,V} alone. Every map goes from its native grid to the wanted one
/// in one bilinear step, before anything is averaged or added.
/// </summary>
public static class Fusion
{
    private enum Slot
    {
        ClipLanguage,
        ClipVision,
        DiffLanguage,
        DiffVision,
        ZeroShot,
        FewShot,
        BackboneVision,
    }

    /// <summary>Fuses one image's maps.</summary>
    /// <param name="recipe">Alphas, branches, profile and smoothing. The maps' size comes from <paramref name="result"/>, not from the
    /// recipe.</param>
    /// <param name="maps">The maps on their native grids. Vision maps may be missing altogether: that is the zero-shot case.</param>
    /// <param name="result">Is written over; owned by the caller.</param>
    /// <param name="ignored">Given (grid width, grid height), the cells of such a grid that are left out of maxima and medians (row-major,
    /// true = left out), or null for none.</param>
    /// <param name="cancellation">Ends the fusion between two rows of a map; the result is then empty or undefined.</param>
    /// <exception cref="ArgumentException">
    /// A language branch in use, or one of two vision branches in use, has no map; a map holds NaN or infinity; everything is ignored; or
    /// nothing is left to judge by.
    /// </exception>
    public static void Fuse(
        Recipe recipe,
        BranchMaps maps,
        FusionResult result,
        Func<int, int, bool[]?>? ignored = null,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(maps);
        ArgumentNullException.ThrowIfNull(result);
        result.Clear();
        Branches used = InUse(recipe, maps);
        bool[]? ignoredScoreCells = ignored?.Invoke(Recipe.ScoreSize, Recipe.ScoreSize);
        if (ignoredScoreCells is not null && !ignoredScoreCells.Contains(false))
        {
            throw new ArgumentException(
                "The ignore mask covers the whole image; at least one cell must be left to judge.",
                nameof(ignored)
            );
        }

        float? clipLanguage = null,
            clipVision = null,
            diffLanguage = null,
            diffVision = null;
        if (used.HasFlag(Branches.ClipLanguage))
        {
            result.ClipLanguage = Enlarge([maps.ClipLanguage!], result, Slot.ClipLanguage, cancellation);
            clipLanguage =
                maps.ClipLanguageScore is float score && float.IsFinite(score)
                    ? score
                    : throw new ArgumentException($"The class score is {maps.ClipLanguageScore}; a probability is expected.", nameof(maps));
        }

        if (used.HasFlag(Branches.DiffLanguage))
        {
            AnomalyMap mean = MeanOfStates(maps.DiffLanguage);
            result.DiffLanguage = Enlarge([mean], result, Slot.DiffLanguage, cancellation);
            AnomalyMap raw = recipe.TokenNormalization == TokenNormalization.None ? mean : MeanOfStates(RequireUnnormalized(maps));
            diffLanguage = Focus(raw, ignored?.Invoke(raw.Width, raw.Height));
        }

        if (used.HasFlag(Branches.ClipVision))
        {
            result.ClipVision = Enlarge(maps.ClipVision, result, Slot.ClipVision, cancellation);
            clipVision = Peak(maps.ClipVision, result.ClipVision, ignoredScoreCells, cancellation);
        }

        if (used.HasFlag(Branches.DiffVision))
        {
            result.DiffVision = Enlarge(maps.DiffVision, result, Slot.DiffVision, cancellation);
            diffVision = Peak(maps.DiffVision, result.DiffVision, ignoredScoreCells, cancellation);
        }

        (float Max, float Top1)? backbone = null;
        if (used.HasFlag(Branches.BackboneVision))
        {
            result.BackboneVision = Enlarge(maps.BackboneVision, result, Slot.BackboneVision, cancellation);
            backbone = (
                Peak(maps.BackboneVision, result.BackboneVision, ignoredScoreCells, cancellation),
                Top1(maps.BackboneVision, ignored, cancellation)
            );
        }

        float? backboneVision = recipe.BackboneScore == BackboneScore.Top1 ? backbone?.Top1 : backbone?.Max;
        double a = Alpha(recipe.Profile, recipe.AlphaSegmentation),
            b = Alpha(recipe.Profile, recipe.AlphaClassification);
        // What the four terms of the paper and the backbone's are multiplied with; 1 and 0 without a backbone.
        (double paper, double own) = Shares(recipe, used);
        bool zeroShot = (used & Branches.Language) != 0,
            fewShot = (used & Branches.Compared) != 0;
        if (zeroShot)
            result.ZeroShot = Add(result, Slot.ZeroShot, (result.ClipLanguage, a), (result.DiffLanguage, 1 - a));
        if (fewShot)
        {
            result.FewShot = Add(
                result,
                Slot.FewShot,
                (result.ClipLanguage, a * paper),
                (result.ClipVision, a * paper),
                (result.DiffLanguage, (1 - a) * paper),
                (result.DiffVision, (1 - a) * paper),
                (own > 0 ? result.BackboneVision : null, own)
            );
        }

        Smooth(result.ZeroShot, recipe.SmoothingSigma, cancellation);
        Smooth(result.FewShot, recipe.SmoothingSigma, cancellation);
        double language = (b * (clipLanguage ?? 0)) + ((1 - b) * (diffLanguage ?? 0));
        double vision = (b * (clipVision ?? 0)) + ((1 - b) * (diffVision ?? 0));
        result.Scores = new(
            clipLanguage,
            clipVision,
            diffLanguage,
            diffVision,
            zeroShot ? (float)language : null,
            fewShot ? (float)(((language + vision) * paper) + (own * (backboneVision ?? 0))) : null
        )
        {
            Vision = fewShot ? (float)((vision * paper) + (own * (backboneVision ?? 0))) : null,
            BackboneVision = backboneVision,
            BackboneMax = backbone?.Max,
            BackboneTop1 = backbone?.Top1,
        };
    }

    private static (double Paper, double Backbone) Shares(Recipe recipe, Branches used)
    {
        if (!used.HasFlag(Branches.BackboneVision))
            return (1, 0);
        if (recipe.Profile == Profile.Backbone)
            return (0, 1);
        double w = recipe.BackboneWeight ?? 0;
        return (1 / (1 + (w / 2)), w / (1 + (w / 2)));
    }

    /// <summary>The branches that take part: the recipe's, as far as the profile runs them, without the vision branches where there are no
    /// references.</summary>
    private static Branches InUse(Recipe recipe, BranchMaps maps)
    {
        Branches used = recipe.UsedBranches;
        Branches given = Given(maps);
        if ((used & given & Branches.Compared) == 0)
            used &= ~Branches.Compared;
        Branches missing = used & ~given;
        if (missing != 0)
            throw new ArgumentException($"The recipe uses the branches {used}, but there is no map of {missing}.", nameof(maps));
        if (used == 0)
        {
            throw new ArgumentException(
                given == Branches.None
                    ? $"Nothing to judge by: the recipe's branches ({recipe.UsedBranches}) compare with good parts, and there are no "
                        + "references."
                    : $"Nothing to judge by: the recipe leaves the branches {recipe.UsedBranches}, and there are maps of {given}.",
                nameof(maps)
            );
        }

        return used;
    }

    private static Branches Given(BranchMaps maps) =>
        (maps.ClipLanguage is not null && maps.ClipLanguageScore is not null ? Branches.ClipLanguage : 0)
        | (maps.ClipVision.Count > 0 ? Branches.ClipVision : 0)
        | (maps.DiffLanguage.Count > 0 ? Branches.DiffLanguage : 0)
        | (maps.DiffVision.Count > 0 ? Branches.DiffVision : 0)
        | (maps.BackboneVision.Count > 0 ? Branches.BackboneVision : 0);

    private static IReadOnlyList<AnomalyMap> RequireUnnormalized(BranchMaps maps)
    {
        if (maps.DiffLanguageUnnormalized.Count == 0)
        {
            throw new ArgumentException(
                "The recipe normalises attention over the prompt's tokens, but the score needs the attention without that: there is no "
                    + "un-normalised DiffLanguage map.",
                nameof(maps)
            );
        }

        RequireFinite(maps.DiffLanguageUnnormalized, Slot.DiffLanguage);
        return maps.DiffLanguageUnnormalized;
    }

    private static double Alpha(Profile profile, double alpha) =>
        profile switch
        {
            Profile.PatchClip => 1,
            Profile.MapDiff => 0,
            _ => alpha,
        };

    /// <summary>M^{Diff,L} on the latent grid: the mean over states (equation 6).</summary>
    internal static AnomalyMap MeanOfStates(IReadOnlyList<AnomalyMap> states)
    {
        if (states.Count == 1)
            return states[0];
        var mean = new AnomalyMap(states[0].Height, states[0].Width);
        foreach (AnomalyMap state in states)
        {
            if (!state.SameGrid(mean))
            {
                throw new ArgumentException(
                    $"The states' maps have grids of {mean.Height} x {mean.Width} and {state.Height} x {state.Width}; one latent grid "
                        + "is expected.",
                    nameof(states)
                );
            }

            TensorPrimitives.Add(mean.Values, state.Values, mean.Values);
        }

        TensorPrimitives.Divide(mean.Values, states.Count, mean.Values);
        return mean;
    }

    /// <summary>The mean of maps, each enlarged first.</summary>
    internal static AnomalyMap Enlarged(IReadOnlyList<AnomalyMap> maps, int height, int width)
    {
        var mean = new AnomalyMap(height, width);
        EnlargedMean(maps, mean.Values, height, width, CancellationToken.None);
        return mean;
    }

    /// <summary>S^{Diff,L} = 1 - median / max of the attention without token normalisation (equation 10): how concentrated it is. 0 where
    /// there is none at all.</summary>
    private static float Focus(AnomalyMap map, bool[]? ignored)
    {
        float max = MapStatistics.Max(map.Values, ignored);
        return max > 0 ? (float)(1 - ((double)MapStatistics.Median(map.Values, ignored) / max)) : 0;
    }

    /// <summary>S^{.,V}: the maximum of the branch's averaged map on the score grid (equation 11), which may be the map that is there
    /// already.</summary>
    private static float Peak(IReadOnlyList<AnomalyMap> maps, AnomalyMap enlarged, bool[]? ignored, CancellationToken cancellation)
    {
        if (enlarged is { Height: Recipe.ScoreSize, Width: Recipe.ScoreSize })
            return MapStatistics.Max(enlarged.Values, ignored);
        const int cells = Recipe.ScoreSize * Recipe.ScoreSize;
        float[] scratch = ArrayPool<float>.Shared.Rent(cells);
        try
        {
            EnlargedMean(maps, scratch.AsSpan(0, cells), Recipe.ScoreSize, Recipe.ScoreSize, cancellation);
            return MapStatistics.Max(scratch.AsSpan(0, cells), ignored);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(scratch);
        }
    }

    /// <summary>The mean of the greatest hundredth of a branch's averaged map on the grid of the first, at least of one cell.</summary>
    private static float Top1(IReadOnlyList<AnomalyMap> maps, Func<int, int, bool[]?>? ignored, CancellationToken cancellation)
    {
        (int height, int width) = (maps[0].Height, maps[0].Width);
        int cells = height * width;
        bool[]? ignoredCells = ignored?.Invoke(width, height);
        float[] scratch = ArrayPool<float>.Shared.Rent(cells);
        try
        {
            EnlargedMean(maps, scratch.AsSpan(0, cells), height, width, cancellation);
            return MapStatistics.MeanOfLargest(scratch.AsSpan(0, cells), Math.Max(1, cells / 100), ignoredCells);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(scratch);
        }
    }

    private static AnomalyMap Enlarge(IReadOnlyList<AnomalyMap> maps, FusionResult result, Slot slot, CancellationToken cancellation)
    {
        RequireFinite(maps, slot);
        AnomalyMap target = result.Buffer((int)slot);
        EnlargedMean(maps, target.Values, target.Height, target.Width, cancellation);
        return target;
    }

    private static void RequireFinite(IReadOnlyList<AnomalyMap> maps, Slot slot)
    {
        foreach (AnomalyMap map in maps)
        {
            if (!float.IsFinite(TensorPrimitives.MaxMagnitude<float>(map.Values)))
            {
                throw new ArgumentException(
                    $"A {slot} map of {map.Height} x {map.Width} holds NaN or infinity; a network's output or a feature is broken.",
                    nameof(maps)
                );
            }
        }
    }

    private static void EnlargedMean(
        IReadOnlyList<AnomalyMap> maps,
        Span<float> destination,
        int height,
        int width,
        CancellationToken cancellation
    )
    {
        BilinearResize.Resize(maps[0].Values, maps[0].Height, maps[0].Width, destination, height, width, cancellation);
        if (maps.Count == 1)
            return;
        float[] rented = ArrayPool<float>.Shared.Rent(destination.Length);
        Span<float> one = rented.AsSpan(0, destination.Length);
        try
        {
            foreach (AnomalyMap map in maps.Skip(1))
            {
                BilinearResize.Resize(map.Values, map.Height, map.Width, one, height, width, cancellation);
                TensorPrimitives.Add(destination, one, destination);
            }

            TensorPrimitives.Divide(destination, maps.Count, destination);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(rented);
        }
    }

    private static AnomalyMap Add(FusionResult result, Slot slot, params ReadOnlySpan<(AnomalyMap? Map, double Weight)> terms)
    {
        AnomalyMap sum = result.Buffer((int)slot);
        sum.Values.AsSpan().Clear();
        foreach ((AnomalyMap? map, double weight) in terms)
        {
            if (map is not null)
                TensorPrimitives.MultiplyAdd(map.Values, (float)weight, sum.Values, sum.Values);
        }

        return sum;
    }

    private static void Smooth(AnomalyMap? map, double smoothingSigma, CancellationToken cancellation)
    {
        if (map is null)
            return;
        GaussianSmoothing.Smooth(
            map.Values,
            map.Height,
            map.Width,
            GaussianSmoothing.SigmaFor(smoothingSigma, map.Height, map.Width),
            cancellation
        );
    }
}
