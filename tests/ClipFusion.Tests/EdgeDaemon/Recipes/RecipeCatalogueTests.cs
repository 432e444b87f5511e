using System.Diagnostics;
using ClipFusion.EdgeDaemon.Recipes;

namespace ClipFusion.Tests.EdgeDaemon.Recipes;

public sealed class RecipeCatalogueTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Find_ByNumberAndName_GivesTheRecipe()
    {
        Write("nut", 7);
        Write("bolt-m8", 12);
        RecipeCatalogue catalogue = Load(_folder.Root);
        Assert.Equal("nut", catalogue.Find("7")?.Recipe?.Name);
        Assert.Equal("nut", catalogue.Find("007")?.Recipe?.Name);
        Assert.Equal("bolt-m8", catalogue.Find("bolt-m8")?.Recipe?.Name);
        Assert.Equal(["bolt-m8", "nut"], catalogue.Entries.Select(e => e.Name));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("8")]
    [InlineData("0007")]
    [InlineData("-7")]
    [InlineData("٧")]
    [InlineData("Nut")]
    [InlineData("nut.json")]
    [InlineData("nut\u200b")]
    [InlineData("nut\0")]
    [InlineData("../recipes/nut")]
    [InlineData("./nut")]
    [InlineData("sub/nut")]
    public void Find_TextThatIsNoRecipe_IsNull(string? key)
    {
        Write("nut", 7);
        Directory.CreateDirectory(_folder["sub"]);
        File.Copy(_folder["nut.json"], _folder["sub", "nut.json"]);
        Assert.Null(Load(_folder.Root).Find(key));
    }

    [Fact]
    public void Load_BrokenFiles_AreListedAndHideNoOther()
    {
        Write("good", 1);
        File.WriteAllText(_folder["torn.json"], "{\"number\": 2, ");
        File.WriteAllText(_folder["Other Name.json"], "{}");
        Write("moved", 3, fileName: "here");
        File.CreateSymbolicLink(_folder["gone.json"], _folder["nowhere"]);
        File.WriteAllText(_folder["notes.txt"], "not a recipe");

        RecipeCatalogue catalogue = Load(_folder.Root);
        Assert.NotNull(catalogue.Find("good")?.Recipe);
        Assert.Equal(["Other Name", "gone", "good", "here", "torn"], catalogue.Entries.Select(e => e.Name));
        Assert.All(catalogue.Entries.Where(e => e.Name != "good"), e => Assert.True(e.Recipe is null && e.Errors.Count == 1, e.Name));
        Assert.Contains("\"here\", the file's own name", catalogue.Find("here")!.Errors[0].Expected, StringComparison.Ordinal);
        Assert.Null(catalogue.Find("torn")!.Recipe);
    }

    [Fact]
    public void Load_SharedNumber_MakesBothUnusableAndSaysWhoElse()
    {
        Write("a", 5);
        Write("b", 5);
        Write("c", 6);
        RecipeCatalogue catalogue = Load(_folder.Root);
        Assert.Null(catalogue.Find("a")!.Recipe);
        Assert.Null(catalogue.Find("5")!.Recipe);
        Assert.Equal(("$.number", "5, which a.json has too"), (catalogue.Find("b")!.Errors[0].Path, catalogue.Find("b")!.Errors[0].Found));
        Assert.Equal("c", catalogue.Find("6")?.Recipe?.Name);
    }

    [Fact]
    public void Load_FolderThatIsMissing_HasNoRecipes() => Assert.Empty(Load(_folder["none"]).Entries);

    [Fact]
    public void Load_FileEditedLater_IsNotLiveUntilLoadedAgain()
    {
        Write("nut", 7);
        RecipeCatalogue catalogue = Load(_folder.Root);
        Write("nut", 8);
        Assert.Equal(7, catalogue.Find("nut")!.Recipe!.Number);
        Assert.Equal(8, Load(_folder.Root).Find("nut")!.Recipe!.Number);
    }

    [Fact]
    public void Revision_ChangesWithEverySettingAndFileAndNothingElse()
    {
        Directory.CreateDirectory(_folder["refs"]);
        foreach (string file in (string[])["refs/1.png", "refs/2.png", "mask.png"])
            File.WriteAllText(_folder[file], file);
        const string Files = "\"references\": [\"refs/1.png\", \"refs/2.png\"], \"ignore\": \"mask.png\"";
        Write("nut", 7, Files);
        string revision = Revision();
        Assert.Matches("^[0-9a-f]{16}$", revision);

        Write(
            "nut",
            7,
            "   \"ignore\" :\"mask.png\", \"greyBand\": {}, \"references\": [\"refs/1.png\", \"refs/2.png\"], \"deadlineMs\": null"
        );
        Assert.Equal(revision, Revision());

        var seen = new HashSet<string> { revision };
        foreach (
            string settings in (string[])
                [
                    $"{Files}, \"deadlineMs\": 100",
                    $"{Files}, \"thresholds\": {{\"clipfusion\": {{\"fewShot\": 0.5}}}}",
                    $"{Files}, \"thresholds\": {{\"clipfusion\": {{\"fewShot\": 0.5}}}}, \"greyBand\": {{\"clipfusion\": "
                        + "{\"fewShot\": 0.1}}",
                    $"{Files}, \"mapThresholds\": {{\"clipfusion\": {{\"fewShot\": 0.5}}}}",
                    $"{Files}, \"imageChecks\": {{\"minSharpness\": 3}}",
                    $"{Files}, \"states\": [\"rust\"]",
                    $"{Files}, \"thresholds\": {{\"backbone\": {{\"fewShot\": 0.5}}}}",
                    $"{Files}, \"positionRadius\": 2",
                    $"{Files}, \"fallbackProfile\": null",
                    "\"references\": [\"refs/2.png\", \"refs/1.png\"], \"ignore\": \"mask.png\"",
                ]
        )
        {
            Write("nut", 7, settings);
            Assert.True(seen.Add(Revision()), settings);
        }

        foreach (string file in (string[])["refs/1.png", "refs/2.png", "mask.png"])
        {
            Write("nut", 7, Files);
            File.AppendAllText(_folder[file], "!");
            Assert.True(seen.Add(Revision()), file);
        }

        File.Delete(_folder["mask.png"]);
        Assert.ThrowsAny<IOException>(Revision);

        string Revision()
        {
            RecipeCatalogue catalogue = Load(_folder.Root);
            return catalogue.Revision(catalogue.Find("nut")!.Recipe!, cancellation: TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public void Load_ThousandRecipes_AreAllFoundInAMoment()
    {
        for (int i = 0; i < 1000; i++)
            Write($"part-{i}", i, "\"thresholds\": {\"clipfusion\": {\"fewShot\": 0.5}}");
        Load(_folder.Root);
        long start = Stopwatch.GetTimestamp();
        RecipeCatalogue catalogue = Load(_folder.Root);
        TimeSpan took = Stopwatch.GetElapsedTime(start);
        TestContext.Current.TestOutputHelper?.WriteLine($"1000 recipes in {took.TotalMilliseconds:F0} ms");
        Assert.All(Enumerable.Range(0, 1000), i => Assert.Equal($"part-{i}", catalogue.Find(i)?.Recipe?.Name));
        Assert.True(took < TimeSpan.FromSeconds(5), $"1000 recipes took {took}; a recipe change waits for it");
    }

    [Fact]
    public void Load_FolderOfFarTooManyFiles_IsRefused()
    {
        for (int i = 0; i <= RecipeCatalogue.MaxFiles; i++)
            File.WriteAllText(_folder[$"r{i}.json"], "");
        Assert.Contains("more than 2000", Assert.Throws<IOException>(() => Load(_folder.Root)).Message, StringComparison.Ordinal);
    }

    private static RecipeCatalogue Load(string folder) => RecipeCatalogue.Load(folder, TestContext.Current.CancellationToken);

    private void Write(string name, int number, string more = "\"crop\": \"squash\"", string? fileName = null) =>
        File.WriteAllText(
            _folder[$"{fileName ?? name}.json"],
            $$"""{"number": {{number}}, "name": "{{name}}", "object": "nut", {{more}}}"""
        );
}
