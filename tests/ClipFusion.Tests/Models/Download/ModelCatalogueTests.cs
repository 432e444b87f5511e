using System.Text;
using ClipFusion.Models.Download;
using CsCheck;

namespace ClipFusion.Tests.Models.Download;

public sealed class ModelCatalogueTests
{
    private const string Hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    [Fact]
    public void Shipped_Catalogue_HasThePublishedModelsWithLicences()
    {
        var catalogue = ModelCatalogue.Load(Path.Combine(AppContext.BaseDirectory, "config", "models.json"));
        string[] dino = ["dinov2-small", "dinov2-base", "dinov2-large", "dinov2-giant"];
        string[] method = ["openclip-vit-b-16-plus-240-laion400m", "stable-diffusion-2-inpainting"];
        Assert.Equal([.. method, .. dino], catalogue.Sets.Select(s => s.Name));
        Assert.Equal(["MIT", "CreativeML Open RAIL++-M"], catalogue.Sets.Take(2).Select(s => s.Licence));
        Assert.All(catalogue.Select(dino), s => Assert.Equal("Apache-2.0", s.Licence));
        Assert.Equal(method, catalogue.Select([]).Select(s => s.Name));
        Assert.Contains(catalogue.Sets[0].Files, f => f.Path == "open_clip_model.safetensors");
        Assert.Contains(catalogue.Sets[1].Files, f => f.Path == "unet/diffusion_pytorch_model.safetensors");
    }

    [Fact]
    public void Parse_GoodCatalogue_KeepsSizesAndHashes()
    {
        var file = Parse(Good).Sets.Single().Files.Single();
        Assert.Equal(new ModelFile("a/b.json", 12, Hash, ""), file);
    }

    [Fact]
    public void Parse_ManyErrors_ListsAllWithTheirPaths()
    {
        var error = Assert.Throws<ModelCatalogueException>(() =>
            Parse(
                """
                {
                  "schema": 2, "extra": 1,
                  "sets": {
                    "Bad Name": 3,
                    "one": {
                      "description": "d", "source": "s", "baseUrl": "http://host/", "licence": "", "licenceUrl": "https://host/l", "licens": "MIT",
                      "files": [ { "path": "../x", "size": -1, "sha256": "ABC" }, { "path": "y" }, { "path": "y", "hash": null } ]
                    }
                  }
                }
                """
            )
        );
        string[] expected =
        [
            "$.extra: found an unknown key",
            "$.schema: found 2; expected a whole number from 1 to 1",
            "$.sets.Bad Name: found a name of another form; expected a set's name of",
            "$.sets.Bad Name: found 3; expected an object",
            "$.sets.one.licens: found an unknown key",
            "$.sets.one.baseUrl: found \"http://host/\"; expected an absolute https URL",
            "$.sets.one.licence: found \"\"; expected a text",
            "$.sets.one.files[0].path: found \"../x\"; expected a path in the set's folder: it must not",
            "$.sets.one.files[0].size: found -1;",
            "$.sets.one.files[0].sha256: found \"ABC\";",
            "$.sets.one.files[2].hash: found an unknown key",
            "$.sets.one.files[2].path: found 'y', which is in the set twice",
        ];
        Assert.Equal(expected.Length, error.Errors.Count);
        foreach (string part in expected)
            Assert.Single(error.Errors, e => e.StartsWith("models.json: " + part, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("https://host/no-slash", "must end with '/'")]
    [InlineData("https://host/?q=1", "neither a query nor a fragment")]
    public void Parse_BaseUrlThatFilesCannotBeAddedTo_IsAnError(string url, string message)
    {
        var error = Assert.Throws<ModelCatalogueException>(() => Parse(Good.Replace("https://host/m/", url, StringComparison.Ordinal)));
        Assert.Contains(message, Assert.Single(error.Errors), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[[[[[[[[[[]]]]]]]]]]")]
    public void Parse_NotUsableJson_IsOneError(string json) =>
        Assert.Contains(
            "not valid JSON",
            Assert.Single(Assert.Throws<ModelCatalogueException>(() => Parse(json)).Errors),
            StringComparison.Ordinal
        );

    [Fact]
    public void Parse_KeyTwice_IsOneErrorWithItsPath() =>
        Assert.Contains(
            "$.schema: found the key a second time",
            Assert.Single(Assert.Throws<ModelCatalogueException>(() => Parse("""{"schema":1,"schema":1,"sets":{}}""")).Errors),
            StringComparison.Ordinal
        );

    [Fact]
    public void Parse_SourceWithTwoAddresses_IsAnError()
    {
        string one = Good[Good.IndexOf("\"one\"", StringComparison.Ordinal)..^4];
        string two = one.Replace("one", "two", StringComparison.Ordinal).Replace("host/m", "host/n", StringComparison.Ordinal);
        var error = Assert.Throws<ModelCatalogueException>(() => Parse($"{Good[..^4]},{two}}}}}"));
        Assert.Contains("several base URLs", Assert.Single(error.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_MissingFile_NamesIt() =>
        Assert.Contains(
            "/nowhere/models.json: the file does not exist",
            Assert.Throws<ModelCatalogueException>(() => ModelCatalogue.Load("/nowhere/models.json")).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void Select_UnknownName_ListsTheKnownOnes() =>
        Assert.Contains(
            "the catalogue has: one",
            Assert.Throws<ArgumentException>(() => Parse(Good).Select(["two"])).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void RelativePath_AnyAcceptedText_StaysInsideTheFolder() =>
        Gen.Char["abz09./\\_-:~%\0 "]
            .Array[0, 12]
            .Select(c => new string(c))
            .Sample(
                path =>
                {
                    if (RelativePath.Fault(path) is not null)
                        return;
                    string full = Path.GetFullPath(Path.Combine("/target", path));
                    Assert.Equal("/target/" + path, full);
                    Assert.Equal("https://host/base/" + path, new Uri(new Uri("https://host/base/"), path).AbsoluteUri);
                },
                seed: "0N0XIzNsQ0O2",
                iter: 20_000
            );

    private const string Good = $$$"""
        {"schema":1,"note":"n","sets":{"one":{"description":"d","source":"s","baseUrl":"https://host/m/","licence":"MIT","licenceUrl":"https://host/l",
        "files":[{"path":"a/b.json","size":12,"sha256":"{{{Hash}}}"}] } } }
        """;

    private static ModelCatalogue Parse(string json) => ModelCatalogue.Parse(Encoding.UTF8.GetBytes(json), "models.json");
}
