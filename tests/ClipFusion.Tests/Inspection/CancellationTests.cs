using ClipFusion.Imaging;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Maps;
using ClipFusion.Inspection.MemoryBanks;
using ClipFusion.Inspection.Recipes;

namespace ClipFusion.Tests.Inspection;

/// <summary>The long loops look at their token between two rows: what is done after it was cancelled is bounded by a row and not by the
/// size of the recipe's maps.</summary>
public sealed class CancellationTests
{
    private static readonly CancellationToken Cancelled = new(canceled: true);

    [Fact]
    public void Loops_UnderACancelledToken_EndBeforeTheirFirstRow()
    {
        float[] map = [.. Enumerable.Repeat(1f, 64)],
            large = new float[256];
        map[0] = 5;
        float[] before = [.. map];
        Assert.Throws<OperationCanceledException>(() => GaussianSmoothing.Smooth(map, 8, 8, 2, Cancelled));
        Assert.Equal(before, map);
        Assert.Throws<OperationCanceledException>(() => BilinearResize.Resize(map, 8, 8, large, 16, 16, Cancelled));
        Assert.All(large, v => Assert.Equal(0, v));
        var rgb = new byte[4 * 4 * 3];
        Assert.Throws<OperationCanceledException>(() =>
            new PillowResampler().ResizeSquare(new RgbImage(9, 9).View, 4, CropMode.Squash, ResampleFilter.Bicubic, rgb, Cancelled)
        );
        Assert.Throws<OperationCanceledException>(() =>
            MemoryBank.CreateCoreset([new(new float[] { 1, 0, 0, 1 })], 2, 1, cancellation: Cancelled)
        );
        Assert.Throws<OperationCanceledException>(() => MemoryBank.Create([new(new float[] { 1, 0, 0, 1 })], 2, native: false, Cancelled));
    }

    [Fact]
    public void Fuse_CancelledInTheMiddle_DoesNotSmoothAMapThatTakesMinutes()
    {
        using var cancellation = new CancellationTokenSource();
        Recipe recipe = Recipe.Default("part") with { OutputSize = 4096, SmoothingSigma = 64, Branches = Branches.DiffLanguage };
        var maps = new BranchMaps
        {
            DiffLanguage = [new AnomalyMap(8, 8, [.. Enumerable.Repeat(0.5f, 64)])],
            DiffLanguageUnnormalized = [new AnomalyMap(8, 8, [.. Enumerable.Repeat(0.5f, 64)])],
        };
        var result = new FusionResult(4096, 4096);
        // The mask of the latent's grid is asked for after the map is enlarged and before it is smoothed.
        Assert.Throws<OperationCanceledException>(() =>
            Fusion.Fuse(
                recipe,
                maps,
                result,
                (width, height) =>
                {
                    if (width == 8)
                        cancellation.Cancel();
                    return null;
                },
                cancellation.Token
            )
        );
        Assert.NotNull(result.ZeroShot);
        Assert.Equal(default, result.Scores);
    }
}
