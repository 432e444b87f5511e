using ClipFusion.Inspection;
using ClipFusion.Inspection.Maps;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;
using ClipFusion.Tests.Models.Pack;

namespace ClipFusion.Tests.Inspection;

[Trait("speed", "slow")]
public sealed class NormalReachTests(TinyPacks packs)
{
    private static readonly Recipe Recipe = Recipe.Default("widget") with { TimestepBlocks = [new(201, 2), new(401, 1), new(801, 0)] };

    [Fact]
    public void Of_SeveralReferences_IsTheGreatestValueOfTheirMapsEachWithoutItself()
    {
        using ModelPack pack = ModelPack.Open(packs.Folder(Precision.Float32));
        using Inspector inspector = Pictures.Inspector(pack, Recipe, 0, 1, 2);
        NormalReach reach = NormalReach.Unknown;
        foreach (int left in NormalReach.LeftOut(inspector, 3))
            reach = reach.With(inspector, left, Pictures.Frame(Pictures.Bytes(left)), cancellation: TestContext.Current.CancellationToken);
        float own = 0,
            held = 0;
        for (int i = 0; i < 3; i++)
        {
            InspectionResult result = inspector.Inspect(
                Pictures.Frame(Pictures.Bytes(i)),
                h => held = Math.Max(held, MapStatistics.Max(h.FewShot!.Values)),
                i,
                cancellation: TestContext.Current.CancellationToken
            );
            own = Math.Max(own, MapStatistics.Max(result.Map.Values));
        }

        Assert.Equal((own, held), (reach.Own, reach.PatchClip));
    }

    [Fact]
    public void Of_OneReference_IsNotKnown()
    {
        using ModelPack pack = ModelPack.Open(packs.Folder(Precision.Float32));
        using Inspector inspector = Pictures.Inspector(pack, Recipe, 0);
        Assert.Empty(NormalReach.LeftOut(inspector, 1));
    }
}
