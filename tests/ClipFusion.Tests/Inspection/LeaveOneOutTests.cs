using ClipFusion.Inspection;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;
using ClipFusion.Tests.Models.Pack;

namespace ClipFusion.Tests.Inspection;

/// <summary>Scores of reference images against the others set the threshold, so they must be what a query would get.</summary>
[Trait("speed", "slow")]
public sealed class LeaveOneOutTests(TinyPacks packs)
{
    private static readonly Recipe Recipe = Recipe.Default("widget") with { TimestepBlocks = [new(201, 2), new(401, 1), new(801, 0)] };

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Inspect_WithoutAReference_GivesWhatAnEnrolmentWithoutItGives(int left)
    {
        using ModelPack pack = ModelPack.Open(packs.Folder(Precision.Float32));
        using Inspector all = Pictures.Inspector(pack, Recipe, 0, 1, 2),
            others = Pictures.Inspector(pack, Recipe, [.. Enumerable.Range(0, 3).Where(i => i != left)]);
        byte[] picture = Pictures.Bytes(left);
        FusionResult found = all.Inspect(
            Pictures.Frame(picture),
            excludeReference: left,
            cancellation: TestContext.Current.CancellationToken
        ).Fused;
        FusionResult expected = others.Inspect(Pictures.Frame(picture), cancellation: TestContext.Current.CancellationToken).Fused;
        Assert.Equal(expected.Scores, found.Scores);
        Assert.Equal(expected.FewShot!.Values, found.FewShot!.Values);
    }

    [Fact]
    public void Inspect_OfAReference_ScoresClipZeroOnlyWithItsOwnRows()
    {
        using ModelPack pack = ModelPack.Open(packs.Folder(Precision.Float32));
        using Inspector inspector = Pictures.Inspector(pack, Recipe, 0, 1);
        byte[] picture = Pictures.Bytes(1);
        FusionScores with = inspector.Inspect(Pictures.Frame(picture), cancellation: TestContext.Current.CancellationToken).Fused.Scores;
        FusionScores without = inspector
            .Inspect(Pictures.Frame(picture), excludeReference: 1, cancellation: TestContext.Current.CancellationToken)
            .Fused.Scores;
        Assert.Equal(0, with.ClipVision!.Value, 6f);
        Assert.True(with.DiffVision > 1e-4, "query and reference prompts differ, so the diffusion branch does not see the same features");
        Assert.True(without.ClipVision > 1e-3);
        Assert.True(without.DiffVision > with.DiffVision);
    }
}
