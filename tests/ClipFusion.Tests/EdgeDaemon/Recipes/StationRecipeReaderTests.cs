using System.Text;
using System.Text.Json;
using ClipFusion.EdgeDaemon.Recipes;
using ClipFusion.Foundation.Json;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Recipes;

namespace ClipFusion.Tests.EdgeDaemon.Recipes;

public sealed class StationRecipeReaderTests
{
    private const string EveryKey = """
        {
          "number": 12, "name": "metal-nut", "object": "metal nut", "states": ["rust"], "profile": "mapdiff", "ignore": "masks/nut.png", "deadlineMs": 800,
          "thresholds": {"clipfusion": {"fewShot": 0.61, "zeroShot": 0.4}, "mapdiff": {"zeroShot": 1}, "patchclip": {"fewShot": null}},
          "greyBand": {"clipfusion": {"fewShot": 0.03}}, "mapThresholds": {"patchclip": {"fewShot": 0.7}},
          "imageChecks": {"width": 2448, "height": 2048, "minBrightness": 20.5, "maxBrightness": 230, "maxClipped": 0.05, "minSharpness": 80},
          "references": ["refs/1.png", "refs/2.png"],
          "branches": ["clipVision", "diffVision"], "backboneWeight": 0.5, "fallbackProfile": null,
          "alphaSegmentation": 0.2, "alphaClassification": 0.7
        }
        """;

    private static readonly string[] Required = ["\"number\": 1, ", "\"name\": \"nut\", ", "\"object\": \"nut\", "];

    [Fact]
    public void Read_NumberNameAndObject_AreEnough()
    {
        StationRecipe recipe = Good("""{"number": 0, "name": "nut", "object": "nut"}""");
        Assert.Equal((0, "nut", null), (recipe.Number, recipe.Name, recipe.Deadline));
        Assert.Equal(Recipe.Default("nut").Revision, recipe.Method.Revision);
        Assert.Equal(
            (ProfileTable.Empty, ProfileTable.Empty, ImageChecks.Off),
            (recipe.Rule.Thresholds, recipe.MapThresholds, recipe.Checks)
        );
        Assert.Empty(recipe.Files);
    }

    [Fact]
    public void Read_EveryKey_IsTaken()
    {
        StationRecipe recipe = Good(EveryKey);
        Assert.Equal((12, "metal-nut", TimeSpan.FromMilliseconds(800)), (recipe.Number, recipe.Name, recipe.Deadline));
        Assert.Equal(("metal nut", Profile.MapDiff), (recipe.Method.Object, recipe.Method.Profile));
        Assert.Equal(ProfileTable.Empty.With(Profile.ClipFusion, 0.61, 0.4).With(Profile.MapDiff, null, 1), recipe.Rule.Thresholds);
        Assert.Equal(ProfileTable.Empty.With(Profile.ClipFusion, 0.03, null), recipe.Rule.GreyBands);
        Assert.Equal(ProfileTable.Empty.With(Profile.PatchClip, 0.7, null), recipe.MapThresholds);
        Assert.Equal(
            new ImageChecks
            {
                Width = 2448,
                Height = 2048,
                MinBrightness = 20.5,
                MaxBrightness = 230,
                MaxClipped = 0.05,
                MinSharpness = 80,
            },
            recipe.Checks
        );
        Assert.Equal(["masks/nut.png", "refs/1.png", "refs/2.png"], recipe.Files);
    }

    [Fact]
    public void Read_WhatWasWritten_IsTheSameRecipe()
    {
        StationRecipe recipe = Good(EveryKey);
        Assert.Equal(StationRecipeWriter.Write(recipe), StationRecipeWriter.Write(Good(StationRecipeWriter.Write(recipe))));
        Assert.Equal(
            StationRecipeWriter.Canonical(recipe),
            StationRecipeWriter.Canonical(Good(Encoding.UTF8.GetString(StationRecipeWriter.Canonical(recipe))))
        );
    }

    [Fact]
    public void Read_CommentsAndSchema_SayNothingAboutTheRecipe()
    {
        const string Json = """
            { "$schema": "../docs/recipe.schema.json", /* what the PLC calls it */ "number": 1, "name": "nut", "object": "nut" // and no more
            }
            """;
        StationRecipe plain = Good("""{"number": 1, "name": "nut", "object": "nut"}""");
        Assert.Equal(StationRecipeWriter.Canonical(plain), StationRecipeWriter.Canonical(Good(Json)));
        Assert.Equal(plain.Method.Revision, RecipeReader.Read("""{ "$schema": "x", /* c */ "object": "nut" }"""u8.ToArray()).Revision);
        Assert.Equal(["$.$schema"], Errors("""{"$schema": 1, "number": 1, "name": "nut", "object": "nut"}""").Select(e => e.Path));
    }

    [Fact]
    public void Schema_HasEveryKeyThatTheWriterWritesAndNoOther()
    {
        JsonElement schema = JsonElement.Parse(File.ReadAllBytes(Fixtures.Path("..", "..", "docs", "recipe.schema.json"))),
            written = JsonElement.Parse(StationRecipeWriter.Canonical(Good(EveryKey)));
        Assert.Equal(
            Keys(written).Append("$schema").Order(StringComparer.Ordinal),
            Keys(schema.GetProperty("properties")).Order(StringComparer.Ordinal)
        );
        Assert.Equal(
            Keys(written.GetProperty("imageChecks")),
            Keys(schema.GetProperty("properties").GetProperty("imageChecks").GetProperty("properties"))
        );
        Assert.Equal(
            Keys(written.GetProperty("thresholds")),
            Keys(schema.GetProperty("$defs").GetProperty("table").GetProperty("properties"))
        );
        static IEnumerable<string> Keys(JsonElement json) => json.EnumerateObject().Select(p => p.Name);
    }

    [Fact]
    public void Read_ManyMistakes_ReportsMethodAndStationAtOnce() =>
        Assert.Equal(
            [
                "$.number",
                "$.name",
                "$.states",
                "$.deadlineMs",
                "$.thresholds.clipfusion.fewShot",
                "$.thresholds.resnet",
                "$.imageChecks.width",
                "$.references[1]",
                "$.colour",
                "$.blackLevel",
                "$.greyBand.mapdiff.zeroShot",
            ],
            Errors(
                    """
                    {"number": 1000, "name": "../x", "object": "nut", "states": [], "deadlineMs": 9, "thresholds": {"clipfusion": {"fewShot": 2.1}, "resnet": {}},
                     "greyBand": {"mapdiff": {"zeroShot": 0.1}}, "imageChecks": {"width": 0}, "references": ["a.png", "../b.png"], "colour": 1, "blackLevel": 9, "whiteLevel": 9}
                    """
                )
                .Select(e => e.Path)
        );

    [Theory]
    [InlineData("\"number\": -1", "$.number")]
    [InlineData("\"number\": \"1\"", "$.number")]
    [InlineData("\"number\": 1.5", "$.number")]
    [InlineData("\"name\": \"\"", "$.name")]
    [InlineData("\"name\": \"Nut\"", "$.name")]
    [InlineData("\"name\": \"nut/../../etc\"", "$.name")]
    [InlineData("\"name\": \"..\"", "$.name")]
    [InlineData("\"name\": \"nut\\u200b\"", "$.name")]
    [InlineData("\"name\": \"nut\\u0000\"", "$.name")]
    [InlineData("\"name\": \"\\u043dut\"", "$.name")]
    [InlineData("\"name\": \"nut\\n\"", "$.name")]
    [InlineData("\"name\": \"007\"", "$.name")]
    [InlineData("\"name\": \"a23456789012345678901234567890123\"", "$.name")]
    [InlineData("\"name\": \"bolt\"", "$.name")]
    [InlineData("\"deadlineMs\": 600001", "$.deadlineMs")]
    [InlineData("\"thresholds\": 0.5", "$.thresholds")]
    [InlineData("\"thresholds\": {\"clipfusion\": 0.5}", "$.thresholds.clipfusion")]
    [InlineData("\"thresholds\": {\"clipfusion\": {\"oneShot\": 0.5}}", "$.thresholds.clipfusion.oneShot")]
    [InlineData("\"thresholds\": {\"patchclip\": {\"zeroShot\": -0.1}}", "$.thresholds.patchclip.zeroShot")]
    [InlineData("\"mapThresholds\": {\"mapdiff\": {\"fewShot\": \"1\"}}", "$.mapThresholds.mapdiff.fewShot")]
    [InlineData("\"greyBand\": 0.1", "$.greyBand")]
    [InlineData("\"greyBand\": {\"clipfusion\": {\"fewShot\": 0.1}}", "$.greyBand.clipfusion.fewShot")]
    [InlineData("\"imageChecks\": {\"minBrightness\": 256}", "$.imageChecks.minBrightness")]
    [InlineData("\"imageChecks\": {\"minBrightness\": 9, \"maxBrightness\": 9}", "$.imageChecks.minBrightness")]
    [InlineData("\"imageChecks\": {\"maxBrightness\": -1}", "$.imageChecks.maxBrightness")]
    [InlineData("\"imageChecks\": {\"maxClipped\": 1.1}", "$.imageChecks.maxClipped")]
    [InlineData("\"imageChecks\": {\"minSharpness\": 1e7}", "$.imageChecks.minSharpness")]
    [InlineData("\"imageChecks\": {\"height\": 65536}", "$.imageChecks.height")]
    [InlineData("\"imageChecks\": {\"blur\": 1}", "$.imageChecks.blur")]
    [InlineData("\"references\": \"a.png\"", "$.references")]
    [InlineData("\"references\": [\"a.png\", \"a.png\"]", "$.references[1]")]
    [InlineData("\"references\": [\"/etc/passwd\"]", "$.references[0]")]
    [InlineData("\"references\": [\"a\\u0000.png\"]", "$.references[0]")]
    [InlineData("\"references\": [\"\"]", "$.references[0]")]
    [InlineData("\"number\": 1, \"number\": 1", "$.number")]
    public void Read_OneMistake_SaysWhere(string json, string path)
    {
        string others = string.Concat(
            Required.Where(k => !json.StartsWith(k[..k.IndexOf(':', StringComparison.Ordinal)], StringComparison.Ordinal))
        );
        FieldError error = Assert.Single(Errors($"{{{others}{json}}}"));
        Assert.Equal(path, error.Path);
        Assert.NotEmpty(error.Expected);
    }

    [Fact]
    public void Read_MissingKeys_NamesEachThatIsRequired() => Assert.Equal(["$.number", "$.object"], Errors("{}").Select(e => e.Path));

    [Fact]
    public void Read_NoName_IsTheFilesOwn() =>
        Assert.Equal("nut", StationRecipeReader.Read("""{"number": 1, "object": "nut"}"""u8.ToArray(), "nut").Recipe!.Name);

    [Fact]
    public void Read_TooManyReferences_IsAnError()
    {
        string List(int count) => string.Join(", ", Enumerable.Range(0, count).Select(i => $"\"{i}.png\""));
        Assert.Equal(20, Good($$"""{"number": 1, "name": "nut", "object": "nut", "references": [{{List(20)}}]}""").References.Length);
        Assert.Equal(
            "$.references",
            Assert.Single(Errors($$"""{"number": 1, "name": "nut", "object": "nut", "references": [{{List(21)}}]}""")).Path
        );
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"number\": 1,}")]
    [InlineData("/* nut {}")]
    public void Read_NotStrictJson_IsOneError(string json) => Assert.Equal("$", Assert.Single(Errors(json)).Path);

    private static StationRecipe Good(string json)
    {
        (StationRecipe? recipe, IReadOnlyList<FieldError> errors) = StationRecipeReader.Read(Encoding.UTF8.GetBytes(json));
        Assert.Empty(errors);
        return recipe!;
    }

    private static IReadOnlyList<FieldError> Errors(string json)
    {
        (StationRecipe? recipe, IReadOnlyList<FieldError> errors) = StationRecipeReader.Read(Encoding.UTF8.GetBytes(json), "nut");
        Assert.Null(recipe);
        return errors;
    }
}
