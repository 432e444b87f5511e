using System.Text;
using ClipFusion.Foundation.Json;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;
using ClipFusion.Tests.Models.Pack;

namespace ClipFusion.Tests.Inspection.Recipes;

/// <summary>What recipes come to on packs of both models, with a backbone beside them, and of a backbone alone.</summary>
public sealed class PackRecipeTests(TinyPacks packs)
{
    private static readonly Recipe Open = Recipe.Default("nut");

    private PackManifest Both => PackVerifier.ReadManifest(packs.Folder(Precision.Float32));

    private PackManifest All => Both with { Backbone = new BackbonePart("onnx", 48, BackbonePack.Layers, 0.5) };

    private PackManifest Alone => All with { Clip = null, Diffusion = null };

    [Fact]
    public void Settle_WhatIsLeftOpen_IsAllThatThePackHas()
    {
        Recipe both = PackRecipe.Settle(Open, Both),
            all = PackRecipe.Settle(Open, All),
            alone = PackRecipe.Settle(Open, Alone);
        Assert.Equal((Branches.All, Profile.ClipFusion, null), (both.UsedBranches, both.Profile, both.BackboneWeight));
        Assert.Equal(
            (Branches.All | Branches.BackboneVision, Profile.ClipFusion, 0.5),
            (all.UsedBranches, all.Profile, all.BackboneWeight)
        );
        Assert.Equal((Branches.BackboneVision, Profile.Backbone), (alone.UsedBranches, alone.Profile));
        Assert.Equal(Profile.PatchClip, PackRecipe.HeldOn(both, Both));
        Assert.Equal(Profile.PatchClip, PackRecipe.HeldOn(all, All));
        Assert.Equal(Profile.Backbone, PackRecipe.HeldOn(alone, Alone));
        // A pack without a backbone leaves a recipe what it was before there were any.
        Assert.Equal(Open.Revision, both.Revision);
    }

    [Fact]
    public void Settle_AlphasThatTheRecipeLeavesOpen_AreThePacks()
    {
        PackManifest own = Both with { MethodDefaults = Both.MethodDefaults with { AlphaSegmentation = 0.1, AlphaClassification = 0.2 } };
        Recipe open = PackRecipe.Settle(Open, own),
            named = PackRecipe.Settle(Read("""{"object":"nut","alphaSegmentation":0.25,"alphaClassification":0.75}"""), own);
        Assert.Equal((0.1, 0.2), (open.AlphaSegmentation, open.AlphaClassification));
        Assert.Equal((0.25, 0.75), (named.AlphaSegmentation, named.AlphaClassification));
        // Settling is no change of the recipe: another pack may come.
        Recipe paper = PackRecipe.Settle(Read(RecipeWriter.Write(Open)), Both);
        Assert.Equal((0.25, 0.75), (paper.AlphaSegmentation, paper.AlphaClassification));
    }

    [Fact]
    public void Settle_WhatTheRecipeSays_Counts()
    {
        Recipe said = PackRecipe.Settle(
            Read(
                """{"object":"nut","branches":["clipVision","backboneVision"],"profile":"patchclip","backboneWeight":2,"fallbackProfile":null}"""
            ),
            All
        );
        Assert.Equal(
            (Branches.ClipVision | Branches.BackboneVision, Profile.PatchClip, 2),
            (said.UsedBranches, said.Profile, said.BackboneWeight)
        );
        Assert.Null(PackRecipe.HeldOn(said, All));
        Assert.Equal(Profile.Backbone, PackRecipe.HeldOn(Read("""{"object":"nut","fallbackProfile":"backbone"}"""), All));
    }

    [Theory]
    [InlineData("\"branches\":[\"backboneVision\"],\"profile\":\"backbone\"", "$.branches,$.profile")]
    [InlineData("\"branches\":[\"clipVision\",\"backboneVision\"]", "$.branches")]
    [InlineData("\"profile\":\"backbone\"", "$.profile")]
    [InlineData("\"fallbackProfile\":\"backbone\"", "$.fallbackProfile")]
    public void Errors_BackboneThatThePackDoesNotHave_AreAtTheirPlaces(string keys, string places) =>
        Assert.Equal(places, Places(PackRecipe.Errors(Read($$"""{"object":"nut",{{keys}}}"""), Both)));

    [Theory]
    [InlineData("\"profile\":\"clipfusion\"", "$.profile")]
    [InlineData("\"profile\":\"patchclip\"", "$.profile")]
    [InlineData("\"branches\":[\"clipVision\",\"diffVision\"]", "$.branches,$.branches")]
    [InlineData("\"fallbackProfile\":\"patchclip\"", "$.fallbackProfile")]
    public void Errors_WhatABackboneAloneCantGive_AreAtTheirPlaces(string keys, string places)
    {
        Recipe recipe = Read($$"""{"object":"nut",{{keys}}}""");
        Assert.Equal(places, Places(PackRecipe.Errors(recipe, Alone)));
        var e = Assert.Throws<PackRecipeException>(() => PackRecipe.Settle(recipe, Alone));
        Assert.Contains(places.Split(',')[0], e.Message, StringComparison.Ordinal);
        Assert.Null(PackRecipe.TrySettle(recipe, Alone));
    }

    [Fact]
    public void Errors_BackboneOfNoWeightAlone_IsNothingToJudgeBy()
    {
        Recipe recipe = Read("""{"object":"nut","branches":["backboneVision"],"backboneWeight":0}""");
        Assert.Equal("$.backboneWeight", Places(PackRecipe.Errors(recipe, All)));
        Assert.Empty(PackRecipe.Errors(recipe with { BackboneWeight = 1 }, All));
        Assert.Empty(PackRecipe.Errors(recipe with { Profile = Profile.Backbone }, All));
    }

    [Theory]
    [InlineData("\"positionRadius\":2,\"referenceTurns\":true", "$.positionRadius")]
    [InlineData("\"positionRadius\":2,\"coreset\":0.5", "$.positionRadius")]
    [InlineData("\"positionRadius\":-1", "$.positionRadius")]
    [InlineData("\"backboneWeight\":-0.5", "$.backboneWeight")]
    [InlineData("\"backboneWeight\":1e999", "$.backboneWeight")]
    [InlineData("\"backboneScore\":\"top5\"", "$.backboneScore")]
    [InlineData("\"referenceTurns\":1", "$.referenceTurns")]
    [InlineData("\"fallbackProfile\":\"clipfusion\"", "$.fallbackProfile")]
    [InlineData("\"branches\":[\"clipVision\"],\"profile\":\"backbone\"", "$.branches")]
    [InlineData("\"branches\":null", "$.branches")]
    public void Read_WhatDoesNotGoTogether_IsAnErrorAtItsPlace(string keys, string place)
    {
        var e = Assert.Throws<RecipeException>(() => Read($$"""{"object":"nut",{{keys}}}"""));
        Assert.Equal(place, Places(e.Errors));
    }

    private static string Places(IEnumerable<FieldError> errors) => string.Join(',', errors.Select(e => e.Path));

    private static Recipe Read(string json) => RecipeReader.Read(Encoding.UTF8.GetBytes(json));
}
