using ClipFusion.Imaging;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Networks;
using ClipFusion.Models.Pack;

namespace ClipFusion.Tests.Inspection;

/// <summary>An appliance runs for months: what one inspection leaves to the garbage collector is budgeted.</summary>
[Trait("speed", "slow")]
public sealed class AllocationTests(GoldenPacks packs) : IClassFixture<GoldenPacks>
{
    // Native maps of a 64 x 64 latent are 16 KiB each and there are eight; one map at output size or one resized picture (both over 85 KB,
    // so on the large object heap) would break it.
    private const long BytesPerInspection = 200_000;

    [Fact]
    public void Inspection_InSteadyState_StaysWithinItsAllocationBudget()
    {
        var golden = new GoldenCase("tiny-a");
        using ModelPack pack = ModelPack.Open(packs.Folder(Precision.Float32, golden.VvStart));
        using Inspector inspector = Inspector.Create(pack, golden.Recipe, cancellation: TestContext.Current.CancellationToken);
        RgbImage picture = ImageCodec.Decode(golden.Queries[0].Path);
        inspector.Enroll(1, (_, use) => use(picture.View), cancellation: TestContext.Current.CancellationToken);
        for (int i = 0; i < 2; i++)
            inspector.Inspect(picture.View, cancellation: TestContext.Current.CancellationToken);

        const int Inspections = 3;
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Inspections; i++)
            inspector.Inspect(picture.View, cancellation: TestContext.Current.CancellationToken);
        long perInspection = (GC.GetAllocatedBytesForCurrentThread() - before) / Inspections;
        Assert.InRange(perInspection, 1, BytesPerInspection);
    }

    [Fact]
    public void PackDefaults_AndARecipeThatSaysNothing_AreTheSameSettings()
    {
        MethodDefaults pack = PackVerifier.ReadManifest(packs.Folder(Precision.Float32, 1)).MethodDefaults;
        var recipe = ClipFusion.Inspection.Recipes.Recipe.Default("widget");
        Assert.Equal(
            (recipe.Temperature, recipe.LanguageTimestep, recipe.AlphaSegmentation, recipe.AlphaClassification),
            (pack.Temperature, pack.LanguageTimestep, pack.AlphaSegmentation, pack.AlphaClassification)
        );
        Assert.Equal(recipe.TimestepBlocks.Select(t => (t.Timestep, t.Block)), pack.TimestepBlocks.Select(t => (t[0], t[1])));
    }
}
