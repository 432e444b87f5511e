using System.Collections.Immutable;
using ClipFusion.EdgeDaemon.Recipes;
using ClipFusion.Imaging;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Tests.Imaging;

namespace ClipFusion.Tests.EdgeDaemon.Recipes;

public sealed class IgnoreMasksTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Of_RectanglesAndReferences_HasTheReferencesSize()
    {
        Picture("a.png", 40, 30);
        IgnoreMask mask = IgnoreMasks.Of(Recipe(new IgnoreRule(null, [new Region(10, 0, 10, 30)]), "a.png"), _folder.Root)!;
        Assert.Equal((40, 30), (mask.Width, mask.Height));
        Assert.Equal([false, true, false, false], mask.Ignored(4, 1, Region.Whole(40, 30)));
    }

    [Fact]
    public void Of_RectanglesAndChecks_HasTheChecksSize()
    {
        StationRecipe recipe = Recipe(new IgnoreRule(null, [new Region(0, 0, 1, 1)])) with
        {
            Checks = new ImageChecks { Width = 50, Height = 20 },
        };
        Assert.Equal((50, 20), (IgnoreMasks.Of(recipe, _folder.Root)!.Width, IgnoreMasks.Of(recipe, _folder.Root)!.Height));
    }

    [Fact]
    public void Of_MaskFile_IgnoresWhatIsNotBlack()
    {
        var mask = new RgbImage(4, 1);
        mask.Pixels[5] = 1;
        File.WriteAllBytes(_folder["mask.png"], ImageFiles.Png(mask.View));
        Assert.Equal(
            [false, true, false, false],
            IgnoreMasks.Of(Recipe(new IgnoreRule("mask.png", [])), _folder.Root)!.Ignored(4, 1, Region.Whole(4, 1))
        );
    }

    [Fact]
    public void Of_NoRule_IsNull() => Assert.Null(IgnoreMasks.Of(Recipe(null, "gone.png"), _folder.Root));

    [Fact]
    public void Of_WhatDoesNotFit_NamesFileAndSizes()
    {
        Picture("a.png", 40, 30);
        Picture("b.png", 41, 30);
        ImmutableArray<Region> corner = [new Region(0, 0, 5, 5)];
        Assert.Contains("how large the frames are", Fails(Recipe(new IgnoreRule(null, corner))), StringComparison.Ordinal);
        string differ = Fails(Recipe(new IgnoreRule(null, corner), "a.png", "b.png"));
        Assert.All(["b.png has 41x30", "a.png 40x30"], part => Assert.Contains(part, differ, StringComparison.Ordinal));
        string masked = Fails(Recipe(new IgnoreRule("b.png", []), "a.png"));
        Assert.All(["ignore mask", "b.png 41x30", "a.png has 40x30"], part => Assert.Contains(part, masked, StringComparison.Ordinal));
        string outside = Fails(Recipe(new IgnoreRule(null, [new Region(38, 0, 5, 5)]), "a.png"));
        Assert.All(["5x5 at (38, 0)", "40x30"], part => Assert.Contains(part, outside, StringComparison.Ordinal));
        Assert.Contains("gone.png", Fails(Recipe(new IgnoreRule("gone.png", []))), StringComparison.Ordinal);
        Assert.Contains("reference can't be read", Fails(Recipe(new IgnoreRule(null, corner), "gone.png")), StringComparison.Ordinal);
    }

    private string Fails(StationRecipe recipe) => Assert.Throws<IgnoreMaskException>(() => IgnoreMasks.Of(recipe, _folder.Root)).Message;

    private void Picture(string name, int width, int height) =>
        File.WriteAllBytes(_folder[name], ImageFiles.Png(new RgbImage(width, height).View));

    private static StationRecipe Recipe(IgnoreRule? rule, params string[] references) =>
        new()
        {
            Number = 1,
            Name = "nut",
            Method = ClipFusion.Inspection.Recipes.Recipe.Default("nut") with { Ignore = rule },
            References = [.. references],
        };
}
