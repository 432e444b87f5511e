using System.Text;
using System.Text.Json;
using ClipFusion.Imaging;
using ClipFusion.Inspection.Recipes;

namespace ClipFusion.Tests.Inspection.Recipes;

public sealed class RecipeWriterTests
{
    private static readonly Recipe Changed = Recipe.Default("Mutter Größe 8") with
    {
        States = ["rust"],
        Temperature = null,
        TimestepBlocks = [new(5, 0)],
        Branches = Branches.Diff,
        Region = new(1, 2, 3, 4),
        Ignore = new IgnoreRule("masks/nut.png", []),
        WhiteLevel = 1023,
        Profile = Profile.MapDiff,
        AlphaSegmentation = 0.1,
    };

    [Fact]
    public void Write_ThenRead_GivesTheSameRecipe()
    {
        foreach (
            Recipe recipe in (Recipe[])
                [
                    Recipe.Default("nut"),
                    Changed,
                    Changed with
                    {
                        Ignore = new IgnoreRule(null, [new(0, 0, 1, 1)]),
                    },
                    Recipe.Default("nut") with
                    {
                        ListedBranches = Branches.BackboneVision,
                        Profile = Profile.Backbone,
                        BackboneWeight = 0.5,
                        BackboneScore = BackboneScore.Top1,
                        PositionRadius = 3,
                        Fallback = FallbackChoice.None,
                    },
                    Recipe.Default("nut") with
                    {
                        ReferenceTurns = true,
                        Fallback = FallbackChoice.Backbone,
                    },
                ]
        )
        {
            Recipe again = RecipeReader.Read(Encoding.UTF8.GetBytes(RecipeWriter.Write(recipe)));
            Assert.Equal(RecipeWriter.Write(recipe), RecipeWriter.Write(again));
            Assert.Equal(recipe.Ignore?.MaskFile, again.Ignore?.MaskFile);
            Assert.Equal(recipe.States, again.States);
            Assert.Equal(
                (recipe.ListedBranches, recipe.NamedProfile, recipe.BackboneWeight, recipe.Fallback),
                (again.ListedBranches, again.NamedProfile, again.BackboneWeight, again.Fallback)
            );
        }
    }

    [Fact]
    public void Revision_OrderWhitespaceAndDefaults_DontChangeIt()
    {
        string first = Read(
            """{"object":"nut","outputSize":512,"branches":["clipVision","clipLanguage"],"region":[0,0,8,9],"alphaSegmentation":0.50}"""
        ).Revision;
        string second = Read(
            """
            { "region": {"height": 9, "width": 8, "y": 0, "x": 0}, "alphaSegmentation": 5e-1, "smoothingSigma": -0.0,
              "branches": ["clipLanguage", "clipVision"], "outputSize": 512, "object": "n\u0075t", "temperature": 0.07 }
            """
        ).Revision;

        Assert.Equal(first, second);
        Assert.Matches("^[0-9a-f]{16}$", first);
    }

    [Fact]
    public void Revision_AnySetting_ChangesIt()
    {
        Recipe r = Recipe.Default("nut");
        Recipe[] recipes =
        [
            r,
            r with
            {
                Object = "bolt",
            },
            r with
            {
                States = ["hole", "crack", "residue", "damage"],
            },
            r with
            {
                GenericState = "hole",
            },
            r with
            {
                NormalPrompts = ["{object}"],
            },
            r with
            {
                AbnormalPrompts = ["{object}"],
            },
            r with
            {
                StatePrompt = "{state}",
            },
            r with
            {
                ReferencePrompt = "{object}",
            },
            r with
            {
                Temperature = null,
            },
            r with
            {
                TokenNormalization = TokenNormalization.Content,
            },
            r with
            {
                LanguageStream = ClipStream.Original,
            },
            r with
            {
                FeatureStream = ClipStream.Original,
            },
            r with
            {
                QueryFeaturePrompt = QueryFeaturePrompt.Reference,
            },
            r with
            {
                LanguageTimestep = 1,
            },
            r with
            {
                TimestepBlocks = [new(201, 3)],
            },
            r with
            {
                AlphaSegmentation = 0.3,
            },
            r with
            {
                AlphaClassification = 0.3,
            },
            r with
            {
                NamedAlphaSegmentation = 0.4,
            },
            r with
            {
                NamedAlphaClassification = 0.4,
            },
            r with
            {
                OutputSize = 256,
            },
            r with
            {
                SmoothingSigma = 1,
            },
            r with
            {
                Coreset = 0.5,
            },
            r with
            {
                Branches = Branches.Clip,
            },
            r with
            {
                Region = new(0, 0, 1, 1),
            },
            r with
            {
                Ignore = new("m.png", []),
            },
            r with
            {
                Ignore = new(null, [new(0, 0, 1, 1)]),
            },
            r with
            {
                Crop = CropMode.Centre,
            },
            r with
            {
                BlackLevel = 1,
            },
            r with
            {
                WhiteLevel = 1,
            },
            r with
            {
                Profile = Profile.PatchClip,
            },
            r with
            {
                NamedProfile = Profile.Backbone,
            },
            r with
            {
                ListedBranches = Branches.All | Branches.BackboneVision,
            },
            r with
            {
                BackboneWeight = 1,
            },
            r with
            {
                BackboneScore = BackboneScore.Top1,
            },
            r with
            {
                PositionRadius = 0,
            },
            r with
            {
                ReferenceTurns = true,
            },
            r with
            {
                Fallback = FallbackChoice.None,
            },
        ];
        Assert.Equal(recipes.Length, recipes.Select(x => x.Revision).Distinct().Count());

        // One entry a property, so that a new setting without a place in the file is noticed here; ignore has two.
        int settings = typeof(Recipe).GetProperties().Count(p => p.CanWrite);
        Assert.Equal(settings + 2, recipes.Length);
    }

    /// <summary>The number was worked out from the documented keys by another program; a change here makes every stored revision a
    /// stranger.</summary>
    [Fact]
    public void Revision_DefaultRecipe_StaysWhatItIs() => Assert.Equal("4fd6d91984f16c84", Recipe.Default("nut").Revision);

    [Fact]
    public void Revision_WhatIsLeftToThePack_IsThatOfBefore()
    {
        Assert.Equal(
            Recipe.Default("nut").Revision,
            Read(
                """
                {"object":"nut","branches":["clipLanguage","clipVision","diffLanguage","diffVision"],"profile":"clipfusion",
                 "alphaSegmentation":0.25,"alphaClassification":0.75,"backboneScore":"max","positionRadius":null,"referenceTurns":false}
                """
            ).Revision
        );
    }

    [Fact]
    public void Schema_Properties_AreTheReadersKeysWithTheirDefaults()
    {
        JsonElement schema = JsonElement.Parse(File.ReadAllBytes(Fixtures.Path("..", "..", "docs", "recipe.schema.json")));
        JsonElement canonical = JsonElement.Parse(RecipeWriter.Canonical(Recipe.Default("nut")));
        var properties = schema.GetProperty("properties").EnumerateObject().ToDictionary(p => p.Name, p => p.Value);

        // What a recipe leaves to its pack has no key, and so no default that would be right everywhere.
        string[] ofPack = ["alphaSegmentation", "alphaClassification", "branches", "profile", "backboneWeight", "fallbackProfile"];
        Assert.Equal(canonical.EnumerateObject().Select(p => p.Name).Concat(ofPack).Order(), RecipeReader.Keys.Order());
        Assert.All(ofPack, key => Assert.False(properties[key].TryGetProperty("default", out _), key));
        // The rest are the station's keys, which their own test holds.
        Assert.Empty(RecipeReader.Keys.Except(properties.Keys));
        foreach (JsonProperty written in canonical.EnumerateObject().Where(p => p.Name != "object"))
        {
            Assert.True(
                JsonElement.DeepEquals(written.Value, properties[written.Name].GetProperty("default")),
                $"{written.Name}: the schema's default is not the product's"
            );
        }
    }

    private static Recipe Read(string json) => RecipeReader.Read(Encoding.UTF8.GetBytes(json));
}
