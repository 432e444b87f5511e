using ClipFusion.Inspection;
using ClipFusion.Inspection.Maps;
using ClipFusion.Inspection.Recipes;

namespace ClipFusion.Tests.Inspection;

/// <summary>The backbone beside the paper's four branches, on maps whose fusion can be worked out by hand.</summary>
public sealed class BackboneFusionTests
{
    private static readonly Recipe Recipe = Recipe.Default("nut") with { ListedBranches = Branches.All | Branches.BackboneVision };

    /// <summary>M = 0.25 (0.5 + 0.2) + 0.75 (0.3 + 0.4) = 0.7, S = 0.75 (0.6 + 0.2) + 0.25 (0 + 0.4) = 0.7.</summary>
    private static BranchMaps Maps =>
        new()
        {
            ClipLanguage = Constant(3, 0.5f),
            ClipLanguageScore = 0.6f,
            ClipVision = [Constant(3, 0.2f)],
            DiffLanguage = [Constant(4, 0.3f)],
            DiffVision = [Constant(4, 0.4f)],
            BackboneVision = [Constant(20, 0.8f), Constant(10, 0.6f)],
        };

    [Theory]
    [InlineData(0, 0.7)]
    [InlineData(1, (0.7 + 0.7) / 1.5)]
    [InlineData(4, (0.7 + 4 * 0.7) / 3)]
    public void Fuse_Weight_IsTheBackbonesShareOfMapAndScore(double weight, double expected)
    {
        FusionResult result = Fuse(Recipe with { BackboneWeight = weight }, Maps);
        Assert.Equal(expected, result.FewShot!.Values[5], 1e-6);
        Assert.Equal(expected, result.Scores.FewShot!.Value, 1e-6);
        Assert.Equal(0.7, result.Scores.BackboneVision!.Value, 1e-6);
        // The words alone have no backbone.
        Assert.Equal((0.25 * 0.5) + (0.75 * 0.3), result.ZeroShot!.Values[5], 1e-6);
        Assert.Equal(0.75 * 0.6, result.Scores.ZeroShot!.Value, 1e-6);
    }

    [Fact]
    public void Fuse_WeightZero_IsBitForBitWhatItIsWithoutABackbone()
    {
        FusionResult with = Fuse(Recipe with { BackboneWeight = 0 }, Maps),
            without = Fuse(Recipe.Default("nut"), Maps with { BackboneVision = [] });
        Assert.Equal(without.FewShot!.Values, with.FewShot!.Values);
        Assert.Equal(without.ZeroShot!.Values, with.ZeroShot!.Values);
        Assert.Equal(without.Scores.FewShot, with.Scores.FewShot);
    }

    [Theory]
    [InlineData(Profile.PatchClip, 0.7, 0.8)]
    [InlineData(Profile.MapDiff, 0.7, 0.4)]
    public void Fuse_EveryProfileOfThePaper_HasTheBackbonesShare(Profile profile, double map, double score)
    {
        FusionResult result = Fuse(Recipe with { Profile = profile, BackboneWeight = 2 }, Maps);
        Assert.Equal((map + 2 * 0.7) / 2, result.FewShot!.Values[5], 1e-6);
        Assert.Equal((score + 2 * 0.7) / 2, result.Scores.FewShot!.Value, 1e-6);
    }

    [Fact]
    public void Fuse_ProfileBackbone_IsTheBackboneAlone()
    {
        FusionResult result = Fuse(Recipe with { Profile = Profile.Backbone, BackboneWeight = 3 }, Maps);
        Assert.Equal(0.7, result.FewShot!.Values[5], 1e-6);
        Assert.Equal(0.7, result.Scores.FewShot!.Value, 1e-6);
        Assert.Null(result.ZeroShot);
        Assert.Null(result.Scores.ClipVision);
    }

    [Fact]
    public void Fuse_WithoutReferences_HasNoBackbone()
    {
        FusionResult result = Fuse(Recipe with { BackboneWeight = 1 }, Maps with { ClipVision = [], DiffVision = [], BackboneVision = [] });
        Assert.Null(result.FewShot);
        Assert.Equal(0.75 * 0.6, result.Score, 1e-6);
        Assert.Null(result.Scores.BackboneVision);
    }

    /// <summary>What top 1 % is for: one noisy cell, as every good part has one somewhere, against a defect of a few cells that are all
    /// lower. The greatest value takes the noise for worse, the mean of the greatest hundredth the defect.</summary>
    [Fact]
    public void Fuse_TinyDefectBelowANoisyCell_StandsOutByTop1AndNotByMax()
    {
        AnomalyMap noisy = Constant(20, 0.1f),
            defect = Constant(20, 0.1f);
        noisy.Values[30] = 0.6f;
        foreach (int cell in (int[])[105, 106, 125, 126])
            defect.Values[cell] = 0.5f;
        float Score(AnomalyMap map, BackboneScore score) =>
            Fuse(Recipe with { Profile = Profile.Backbone, BackboneScore = score }, Maps with { BackboneVision = [map] }).Score;

        Assert.True(Score(noisy, BackboneScore.Max) > Score(defect, BackboneScore.Max));
        Assert.Equal((0.6 + 0.1 + 0.1 + 0.1) / 4, Score(noisy, BackboneScore.Top1), 1e-6);
        Assert.Equal(0.5, Score(defect, BackboneScore.Top1), 1e-6);
    }

    [Fact]
    public void Fuse_Ignored_IsLeftOutOfBothScores()
    {
        AnomalyMap map = Constant(20, 0.1f);
        map.Values[0] = 1;
        var result = new FusionResult(8, 8);
        Fusion.Fuse(
            Recipe with
            {
                Profile = Profile.Backbone,
            },
            Maps with
            {
                BackboneVision = [map],
            },
            result,
            // The upper half.
            (width, height) => [.. Enumerable.Range(0, width * height).Select(i => i / width < height / 2)],
            TestContext.Current.CancellationToken
        );
        Assert.Equal(0.1f, result.Scores.BackboneMax!.Value, 1e-6f);
        Assert.Equal(0.1f, result.Scores.BackboneTop1!.Value, 1e-6f);
    }

    [Fact]
    public void MeanOfLargest_TiesAtTheEdge_CountAsOftenAsThereIsRoom()
    {
        Assert.Equal(2.5f, MapStatistics.MeanOfLargest([1, 3, 2, 2, 2, 0], 2));
        Assert.Equal(2f, MapStatistics.MeanOfLargest([1, 3, 2, 2, 2, 0], 2, [false, true, false, false, false, false]));
        Assert.Equal(1.5f, MapStatistics.MeanOfLargest([1, 2], 9));
    }

    private static FusionResult Fuse(Recipe recipe, BranchMaps maps)
    {
        var result = new FusionResult(8, 8);
        Fusion.Fuse(recipe, maps, result, cancellation: TestContext.Current.CancellationToken);
        return result;
    }

    private static AnomalyMap Constant(int side, float value)
    {
        var map = new AnomalyMap(side, side);
        map.Values.AsSpan().Fill(value);
        return map;
    }
}
