using ClipFusion.Inspection;
using ClipFusion.Inspection.Maps;
using ClipFusion.Inspection.Recipes;

namespace ClipFusion.Tests.Inspection;

public sealed class FusionTests
{
    private static readonly Recipe Recipe = Recipe.Default("nut") with { AlphaSegmentation = 0.25, AlphaClassification = 0.75 };

    /// <summary>Constant maps but for one hot cell in the diffusion language map: every result can be worked out by hand.</summary>
    private static BranchMaps Maps =>
        new()
        {
            ClipLanguage = Constant(3, 3, 0.5f),
            ClipLanguageScore = 0.6f,
            ClipVision = [Constant(3, 3, 0.1f), Constant(3, 3, 0.3f)],
            DiffLanguage = [Hot(4, 0.2f, 0.8f), Hot(4, 0.4f, 0.8f)],
            DiffVision = [Constant(8, 8, 0.2f), Constant(4, 4, 0.6f)],
        };

    [Fact]
    public void Fuse_KnownMaps_AddsWeighedTerms()
    {
        var result = new FusionResult(4, 4);
        Fusion.Fuse(Recipe, Maps, result, cancellation: TestContext.Current.CancellationToken);

        // Away from the hot cell (0, 0): languages 0.5 and 0.3, visions 0.2 and 0.4.
        Assert.Equal((0.25 * 0.5) + (0.75 * 0.3), result.ZeroShot!.Values[15], 1e-6);
        Assert.Equal((0.25 * (0.5 + 0.2)) + (0.75 * (0.3 + 0.4)), result.FewShot!.Values[15], 1e-6);
        double focus = 1 - (0.3 / 0.8);
        Assert.Equal(focus, result.Scores.DiffLanguage!.Value, 1e-6);
        Assert.Equal((0.75 * 0.6) + (0.25 * focus), result.Scores.ZeroShot!.Value, 1e-6);
        Assert.Equal((0.75 * (0.6 + 0.2)) + (0.25 * (focus + 0.4)), result.Scores.FewShot!.Value, 1e-6);
    }

    [Fact]
    public void Fuse_ProfilePatchClip_IsClipAlone()
    {
        var result = new FusionResult(4, 4);
        Fusion.Fuse(
            Recipe with
            {
                Profile = Profile.PatchClip,
            },
            Maps with
            {
                DiffLanguage = [],
                DiffVision = [],
            },
            result,
            cancellation: TestContext.Current.CancellationToken
        );

        Assert.Equal(0.7f, result.FewShot!.Values[15], 1e-6f);
        Assert.Equal(0.8f, result.Scores.FewShot!.Value, 1e-6f);
        Assert.Null(result.DiffLanguage);
        Assert.Null(result.Scores.DiffVision);
    }

    [Fact]
    public void Fuse_ProfileMapDiff_IsDiffusionAlone()
    {
        var result = new FusionResult(4, 4);
        Fusion.Fuse(Recipe with { Profile = Profile.MapDiff }, Maps, result, cancellation: TestContext.Current.CancellationToken);

        Assert.Equal(0.3f + 0.4f, result.FewShot!.Values[15], 1e-6f);
        Assert.Equal(0.625f, result.Scores.ZeroShot!.Value, 1e-6f);
        Assert.Null(result.ClipLanguage);
    }

    [Fact]
    public void Fuse_BranchLeftOut_AddsNothing()
    {
        var result = new FusionResult(4, 4);
        Fusion.Fuse(
            Recipe with
            {
                Branches = Branches.All & ~Branches.DiffLanguage,
            },
            Maps,
            result,
            cancellation: TestContext.Current.CancellationToken
        );

        Assert.Equal((0.25 * 0.7) + (0.75 * 0.4), result.FewShot!.Values[15], 1e-6);
        Assert.Equal(0.75 * 0.6, result.Scores.ZeroShot!.Value, 1e-6);
        Assert.Null(result.DiffLanguage);
    }

    [Fact]
    public void Fuse_NoReferences_HasNoFewShotResult()
    {
        var result = new FusionResult(4, 4);
        Fusion.Fuse(Recipe, Maps, result, cancellation: TestContext.Current.CancellationToken);
        Fusion.Fuse(Recipe, Maps with { ClipVision = [], DiffVision = [] }, result, cancellation: TestContext.Current.CancellationToken);

        Assert.NotNull(result.ZeroShot);
        Assert.Null(result.FewShot);
        Assert.Null(result.Scores.FewShot);
        Assert.Null(result.ClipVision);
    }

    [Fact]
    public void Fuse_VisionBranchesOnly_HasNoZeroShotResult()
    {
        var result = new FusionResult(4, 4);
        Fusion.Fuse(Recipe with { Branches = Branches.Vision }, Maps, result, cancellation: TestContext.Current.CancellationToken);

        Assert.Null(result.ZeroShot);
        Assert.Null(result.Scores.ZeroShot);
        Assert.Equal((0.75 * 0.2) + (0.25 * 0.4), result.Scores.FewShot!.Value, 1e-6);
    }

    [Fact]
    public void Fuse_HotCellIgnored_LeavesMaximaAndMedians()
    {
        var maps = Maps with { ClipVision = [Hot(4, 0.1f, 0.9f)] };
        var result = new FusionResult(4, 4);
        Fusion.Fuse(Recipe, maps, result, LeftHalf, cancellation: TestContext.Current.CancellationToken);

        Assert.Equal(0, result.Scores.DiffLanguage!.Value, 1e-6f);
        Assert.Equal(0.1f, result.Scores.ClipVision!.Value, 1e-6f);
    }

    [Fact]
    public void Fuse_EverythingIgnored_IsAnError()
    {
        var e = Assert.Throws<ArgumentException>(() =>
            Fusion.Fuse(
                Recipe,
                Maps,
                new FusionResult(4, 4),
                (w, h) => [.. Enumerable.Repeat(true, w * h)],
                cancellation: TestContext.Current.CancellationToken
            )
        );
        Assert.Contains("covers the whole image", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fuse_AllZeroAttention_ScoresZero()
    {
        var result = new FusionResult(4, 4);
        Fusion.Fuse(Recipe, Maps with { DiffLanguage = [Constant(4, 4, 0)] }, result, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(0, result.Scores.DiffLanguage);
    }

    [Fact]
    public void Fuse_TokensNormalised_ScoresTheAttentionBeforeThat()
    {
        Recipe content = Recipe with { TokenNormalization = TokenNormalization.Content };
        var result = new FusionResult(4, 4);
        Fusion.Fuse(
            content,
            Maps with
            {
                DiffLanguageUnnormalized = [Hot(4, 0.01f, 0.04f), Hot(4, 0.03f, 0.04f)],
            },
            result,
            cancellation: TestContext.Current.CancellationToken
        );

        Assert.Equal(0.5f, result.Scores.DiffLanguage!.Value, 1e-6f);
        Assert.Equal(0.3f, result.DiffLanguage!.Values[15], 1e-6f);
        var e = Assert.Throws<ArgumentException>(() =>
            Fusion.Fuse(content, Maps, result, cancellation: TestContext.Current.CancellationToken)
        );
        Assert.Contains("no un-normalised DiffLanguage map", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fuse_MissingLanguageMap_NamesTheBranch()
    {
        var e = Assert.Throws<ArgumentException>(() =>
            Fusion.Fuse(
                Recipe,
                Maps with
                {
                    DiffLanguage = [],
                },
                new FusionResult(4, 4),
                cancellation: TestContext.Current.CancellationToken
            )
        );
        Assert.Contains("no map of DiffLanguage", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fuse_OneOfTwoVisionBranchesMissing_NamesTheBranch()
    {
        var e = Assert.Throws<ArgumentException>(() =>
            Fusion.Fuse(Recipe, Maps with { ClipVision = [] }, new FusionResult(4, 4), cancellation: TestContext.Current.CancellationToken)
        );
        Assert.Contains("no map of ClipVision", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Fuse_BrokenValue_IsAnError(float broken)
    {
        var e = Assert.Throws<ArgumentException>(() =>
            Fusion.Fuse(
                Recipe,
                Maps with
                {
                    DiffVision = [Hot(4, 0, broken)],
                },
                new FusionResult(4, 4),
                cancellation: TestContext.Current.CancellationToken
            )
        );
        Assert.Contains("DiffVision map of 4 x 4 holds NaN or infinity", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fuse_ResultKept_AllocatesNothingLarge()
    {
        var result = new FusionResult(240, 240);
        BranchMaps maps = Maps;
        Recipe smoothed = Recipe with { SmoothingSigma = 4 };

        // The best of a few images: a collection between two of them may take arrays out of the pool.
        long allocated = Enumerable
            .Range(0, 8)
            .Min(_ =>
            {
                long before = GC.GetAllocatedBytesForCurrentThread();
                Fusion.Fuse(smoothed, maps, result);
                return GC.GetAllocatedBytesForCurrentThread() - before;
            });
        Assert.InRange(allocated, 0, 4096);
    }

    private static bool[] LeftHalf(int width, int height) =>
        [.. Enumerable.Range(0, width * height).Select(i => i % width < (width + 1) / 2)];

    private static AnomalyMap Constant(int height, int width, float value) =>
        new(height, width, [.. Enumerable.Repeat(value, height * width)]);

    private static AnomalyMap Hot(int size, float rest, float hot)
    {
        AnomalyMap map = Constant(size, size, rest);
        map.Values[0] = hot;
        return map;
    }
}
