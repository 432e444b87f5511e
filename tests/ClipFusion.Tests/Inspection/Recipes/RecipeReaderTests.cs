using System.Text;
using ClipFusion.Foundation.Json;
using ClipFusion.Imaging;
using ClipFusion.Inspection.Recipes;

namespace ClipFusion.Tests.Inspection.Recipes;

public sealed class RecipeReaderTests
{
    [Fact]
    public void Read_ObjectAlone_GivesTheDefaults()
    {
        Recipe recipe = Read("""{"object": "metal nut"}""");

        Assert.Equal("metal nut", recipe.Object);
        Assert.Equal(["crack", "hole", "residue", "damage"], recipe.States);
        Assert.Equal(0.07, recipe.Temperature);
        Assert.Equal([new(201, 3), new(401, 2), new(801, 1)], recipe.TimestepBlocks);
        Assert.Equal((0.25, 0.75), (recipe.AlphaSegmentation, recipe.AlphaClassification));
        Assert.Equal(Branches.All, recipe.Branches);
        Assert.Equal(Recipe.Default("metal nut").Revision, recipe.Revision);
    }

    [Fact]
    public void Read_EveryKey_IsTaken()
    {
        Recipe recipe = Read(
            """
            {
              "object": "Schraube {8}", "states": ["rust", "bend"], "genericState": "fault",
              "normalPrompts": ["a {object}", "fine {object}"], "abnormalPrompts": ["bad {object}"],
              "statePrompt": "{object}: {state}", "referencePrompt": "the {object}",
              "temperature": null, "tokenNormalization": "content", "languageStream": "original", "featureStream": "original",
              "queryFeaturePrompt": "reference", "languageTimestep": 0, "timestepBlocks": [[999, 0]],
              "alphaSegmentation": 1, "alphaClassification": 0, "outputSize": 4096, "scoreSize": 240, "smoothingSigma": 64, "coreset": 0.25,
              "branches": ["diffVision", "diffLanguage"], "region": [1, 2, 3, 4], "ignore": [{"x": 0, "y": 0, "width": 5, "height": 6}, [7, 8, 9, 10]],
              "crop": "centre", "blackLevel": 100, "whiteLevel": 4000, "profile": "mapdiff"
            }
            """
        );

        Assert.Equal(["rust", "bend"], recipe.States);
        Assert.Equal("fault", recipe.GenericState);
        Assert.Equal(["a {object}", "fine {object}"], recipe.NormalPrompts);
        Assert.Null(recipe.Temperature);
        Assert.Equal(TokenNormalization.Content, recipe.TokenNormalization);
        Assert.Equal((ClipStream.Original, ClipStream.Original), (recipe.LanguageStream, recipe.FeatureStream));
        Assert.Equal(QueryFeaturePrompt.Reference, recipe.QueryFeaturePrompt);
        Assert.Equal([new(999, 0)], recipe.TimestepBlocks);
        Assert.Equal(Branches.Diff, recipe.Branches);
        Assert.Equal(new Region(1, 2, 3, 4), recipe.Region);
        Assert.Equal([new(0, 0, 5, 6), new(7, 8, 9, 10)], recipe.Ignore!.Regions);
        Assert.Equal((100, 4000), (recipe.BlackLevel, recipe.WhiteLevel));
        Assert.Equal((CropMode.Centre, Profile.MapDiff), (recipe.Crop, recipe.Profile));
        Assert.Equal("Schraube {8}: rust", PromptTemplate.Expand(recipe.StatePrompt, recipe.Object, recipe.States[0]));
    }

    [Fact]
    public void Read_ManyMistakes_ReportsAllAtOnce()
    {
        var e = Assert.Throws<RecipeException>(() =>
            Read(
                """
                {"states": ["crack", 7, "Crack"], "temperature": 0, "colour": "red", "timestepBlocks": [[1000, 1], [1]], "region": {"x": -1, "y": 0, "width": 4, "depth": 1},
                 "scoreSize": 480, "blackLevel": 9, "whiteLevel": 9, "statePrompt": "a {object}", "outputSize": 2.5}
                """
            )
        );

        Assert.Equal(
            [
                "$.object",
                "$.states[1]",
                "$.states[2]",
                "$.statePrompt",
                "$.temperature",
                "$.timestepBlocks[0][0]",
                "$.timestepBlocks[1]",
                "$.outputSize",
                "$.region.x",
                "$.region.height",
                "$.region.depth",
                "$.scoreSize",
                "$.colour",
                "$.blackLevel",
            ],
            e.Errors.Select(error => error.Path)
        );
        Assert.All(e.Errors, error => Assert.Contains(error.ToString(), e.Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("\"object\": \"\"", "$.object", "\"\"")]
    [InlineData("\"object\": \"  \"", "$.object", "\"  \"")]
    [InlineData("\"object\": null", "$.object", "null")]
    [InlineData("\"object\": \"a\\ud800\"", "$.object", "\"a\\ud800\"")]
    [InlineData("\"states\": []", "$.states", "an array of 0")]
    [InlineData("\"states\": \"crack\"", "$.states", "\"crack\"")]
    [InlineData("\"temperature\": -0.1", "$.temperature", "-0.1")]
    [InlineData("\"temperature\": 1e999", "$.temperature", "1e999")]
    [InlineData("\"temperature\": \"0.07\"", "$.temperature", "\"0.07\"")]
    [InlineData("\"tokenNormalization\": \"None\"", "$.tokenNormalization", "\"None\"")]
    [InlineData("\"languageTimestep\": 1000", "$.languageTimestep", "1000")]
    [InlineData("\"timestepBlocks\": []", "$.timestepBlocks", "an array of 0")]
    [InlineData("\"timestepBlocks\": [[1, 1], [1, 1]]", "$.timestepBlocks[1]", "an array of 2")]
    [InlineData("\"timestepBlocks\": [[1, -1]]", "$.timestepBlocks[0][1]", "-1")]
    [InlineData("\"alphaSegmentation\": 1.01", "$.alphaSegmentation", "1.01")]
    [InlineData("\"alphaClassification\": -0.01", "$.alphaClassification", "-0.01")]
    [InlineData("\"outputSize\": 4097", "$.outputSize", "4097")]
    [InlineData("\"outputSize\": 0", "$.outputSize", "0")]
    [InlineData("\"smoothingSigma\": 64.5", "$.smoothingSigma", "64.5")]
    [InlineData("\"coreset\": 0", "$.coreset", "0")]
    [InlineData("\"coreset\": 1.1", "$.coreset", "1.1")]
    [InlineData("\"branches\": []", "$.branches", "an array of 0")]
    [InlineData("\"branches\": [\"clipVision\", \"clipVision\"]", "$.branches[1]", "\"clipVision\"")]
    [InlineData("\"branches\": [\"clip\"]", "$.branches[0]", "\"clip\"")]
    [InlineData("\"branches\": [\"clipVision\"], \"profile\": \"mapdiff\"", "$.branches", "no branch that the profile uses")]
    [InlineData("\"region\": [0, 0, 0, 4]", "$.region[2]", "0")]
    [InlineData("\"region\": [0, 0, 4]", "$.region", "an array of 3")]
    [InlineData("\"ignore\": []", "$.ignore", "an array of 0")]
    [InlineData("\"ignore\": \"/etc/passwd\"", "$.ignore", "\"/etc/passwd\"")]
    [InlineData("\"ignore\": \"masks/../../x.png\"", "$.ignore", "\"masks/../../x.png\"")]
    [InlineData("\"ignore\": \"..\\\\x.png\"", "$.ignore", "\"..\\\\x.png\"")]
    [InlineData("\"whiteLevel\": 0", "$.blackLevel", "0 with the white level 0")]
    [InlineData("\"referencePrompt\": \"a {objekt}\"", "$.referencePrompt", "the placeholder {objekt}")]
    [InlineData("\"referencePrompt\": \"a {state}\"", "$.referencePrompt", "the placeholder {state}")]
    [InlineData("\"normalPrompts\": [\"a {object\"]", "$.normalPrompts[0]", "a { without its } at character 3")]
    [InlineData("\"abnormalPrompts\": [\"a object}\"]", "$.abnormalPrompts[0]", "a } without its { at character 9")]
    [InlineData("\"Object\": \"nut\"", "$.Object", "an unknown key")]
    [InlineData("\"crop\": \"squash\", \"crop\": \"squash\"", "$.crop", "the key a second time")]
    [InlineData("\"\\ud800\": 1", "$", "a key that is not valid Unicode")]
    public void Read_OneMistake_SaysWhereAndWhat(string json, string path, string found)
    {
        string whole = json.Contains("\"object\"", StringComparison.Ordinal) ? $"{{{json}}}" : $"{{\"object\": \"nut\", {json}}}";
        FieldError error = Assert.Single(Assert.Throws<RecipeException>(() => Read(whole)).Errors);
        Assert.Equal((path, found), (error.Path, error.Found));
    }

    [Fact]
    public void Read_OtherScoreSize_SaysWhyItIsFixed()
    {
        FieldError error = Assert.Single(Assert.Throws<RecipeException>(() => Read("""{"object": "nut", "scoreSize": 256}""")).Errors);
        Assert.Contains("fixed: scores, and so thresholds", error.Expected, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"object\": \"nut\",}")]
    [InlineData("{\"object\": \"nut\"} / nut")]
    [InlineData("/* nut {\"object\": \"nut\"}")]
    [InlineData("{\"object\": \"nut\"} {}")]
    public void Read_NotStrictJson_IsOneError(string json) =>
        Assert.Equal("$", Assert.Single(Assert.Throws<RecipeException>(() => Read(json)).Errors).Path);

    [Fact]
    public void Read_LongText_IsBounded()
    {
        Assert.Equal(512, Read($$"""{"object": "{{new string('n', 512)}}"}""").Object.Length);
        FieldError error = Assert.Single(Assert.Throws<RecipeException>(() => Read($$"""{"object": "{{new string('n', 513)}}"}""")).Errors);
        Assert.InRange(error.Found.Length, 1, 100);
    }

    [Fact]
    public void Read_ThousandsOfMistakes_ListsAHundred()
    {
        string keys = string.Join(", ", Enumerable.Range(0, 5000).Select(i => $"\"k{i}\": 0"));
        var e = Assert.Throws<RecipeException>(() => Read($"{{{keys}}}"));
        Assert.Equal(FieldErrors.Max, e.Errors.Count);
        Assert.Equal("more errors than are listed", e.Errors[^1].Found);
    }

    [Fact]
    public void Read_BytesThatAreNotUtf8_IsAnError()
    {
        byte[] latin1 = Encoding.Latin1.GetBytes("""{"object": "Kühler"}""");
        Assert.Contains("not UTF-8", Assert.Throws<RecipeException>(() => RecipeReader.Read(latin1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadFile_ByteOrderMarkAndSize_AreHandled()
    {
        using var folder = new TemporaryFolder();
        string path = folder["recipe.json"];
        File.WriteAllText(path, """{"object": "Kühler"}""", new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
        Assert.Equal("Kühler", RecipeReader.ReadFile(path).Object);

        File.WriteAllText(path, """{"object": 1}""");
        Assert.StartsWith(path, Assert.Throws<RecipeException>(() => RecipeReader.ReadFile(path)).Message, StringComparison.Ordinal);

        File.WriteAllText(path, """{"object": "nut"}""".PadRight(RecipeReader.MaxBytes + 1));
        Assert.Contains(
            "more than 1048576 bytes",
            Assert.Throws<RecipeException>(() => RecipeReader.ReadFile(path)).Message,
            StringComparison.Ordinal
        );

        File.WriteAllText(path, """{"object": "nut"}""".PadRight(RecipeReader.MaxBytes));
        Assert.Equal("nut", RecipeReader.ReadFile(path).Object);
    }

    private static Recipe Read(string json) => RecipeReader.Read(Encoding.UTF8.GetBytes(json));
}
