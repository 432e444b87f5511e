using System.Diagnostics;
using ClipFusion.Imaging;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;
using ClipFusion.Models.Starter;
using ClipFusion.OnnxInference;

namespace ClipFusion.ApplianceTests.Recorded;

/// <summary>What is proved with recorded networks is worth as much as they are like the networks that were recorded.</summary>
public sealed class RecordedPackTests : IDisposable
{
    // The paper's four: the starter pack has a backbone too, which is not recorded.
    private static readonly Recipe Recipe = Recipe.Default("board") with { Branches = Branches.All };

    private readonly TemporaryFolder _folder = new();
    private readonly RgbImage _picture = NoisePicture.Create(1),
        _other = NoisePicture.Create(2);

    public RecordedPackTests() => StarterPack.Build(this["starter"]);

    private string this[string name] => _folder[name];

    [Fact]
    public void Inspection_OfTheRecordedPicture_GivesTheScoresOfTheNetworks()
    {
        RecordedPack.Write(this["starter"], _picture.View, Recipe, this["recorded"]);
        Assert.NotEqual(Scores("starter", Recipe, null, _picture), Scores("starter", Recipe, null, _other));
        Assert.Empty(PackVerifier.Verify(this["recorded"], cancellation: TestContext.Current.CancellationToken).Problems);
        foreach (
            Recipe recipe in (Recipe[])
                [
                    Recipe,
                    Recipe with
                    {
                        Branches = Branches.Diff,
                    },
                    Recipe with
                    {
                        Profile = Profile.PatchClip,
                    },
                    Recipe with
                    {
                        Profile = Profile.MapDiff,
                    },
                ]
        )
        {
            // With the picture itself as reference, whose prompt is another: the query's and the reference's UNet passes both count.
            Assert.Equal(Scores("starter", recipe, _picture, _picture), Scores("recorded", recipe, _picture, _picture));
            Assert.Equal(Scores("starter", recipe, null, _picture), Scores("recorded", recipe, null, _picture));
            Assert.Equal(Scores("starter", recipe, _picture, _picture), Scores("recorded", recipe, _other, _other));
        }
    }

    [Fact]
    public void Inspection_WithASlowUnet_CanBeEndedAtOnceAndSaysTheSame()
    {
        const int Products = 4000;
        RecordedPack.Write(this["starter"], _picture.View, Recipe, this["recorded"], Products);
        using ModelPack pack = ModelPack.Open(this["recorded"], new SessionSettings(Threads: 1));
        using Inspector inspector = Inspector.Create(pack, Recipe, cancellation: TestContext.Current.CancellationToken);
        InspectionResult whole = inspector.Inspect(_picture.View, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(Scores("starter", Recipe, null, _picture), Told(whole.Fused.Scores));

        using var deadline = new CancellationTokenSource(whole.Timings.Unet / 10);
        var clock = Stopwatch.StartNew();
        Assert.Throws<OperationCanceledException>(() => inspector.Inspect(_picture.View, cancellation: deadline.Token));
        Assert.True(clock.Elapsed < whole.Timings.Unet / 2, $"it took {clock.Elapsed} to end; the whole UNet takes {whole.Timings.Unet}");
    }

    public void Dispose() => _folder.Dispose();

    private string Scores(string name, Recipe recipe, RgbImage? reference, RgbImage query)
    {
        using ModelPack pack = ModelPack.Open(this[name], new SessionSettings(Threads: 1));
        using Inspector inspector = Inspector.Create(pack, recipe, cancellation: TestContext.Current.CancellationToken);
        if (reference is not null)
            inspector.Enroll(1, (_, use) => use(reference.View), cancellation: TestContext.Current.CancellationToken);
        return Told(inspector.Inspect(query.View, cancellation: TestContext.Current.CancellationToken).Fused.Scores);
    }

    /// <summary>Six digits: rows that run in another batch may differ in the last bits.</summary>
    private static string Told(FusionScores s) =>
        string.Join(
            ' ',
            ((double?[])[s.ClipLanguage, s.ClipVision, s.DiffLanguage, s.DiffVision, s.FewShot, s.ZeroShot]).Select(v =>
                v is { } x ? $"{x:f6}" : "-"
            )
        );
}
