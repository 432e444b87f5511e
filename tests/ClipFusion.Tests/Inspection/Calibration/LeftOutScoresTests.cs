using ClipFusion.Imaging;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Calibration;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Tests.Cli;

namespace ClipFusion.Tests.Inspection.Calibration;

/// <summary>References judged without their own rows, against inspectors that never had them.</summary>
public sealed class LeftOutScoresTests(TinyPack tiny) : IClassFixture<TinyPack>
{
    private const double Close = 1e-6;

    private static readonly Recipe PatchClip = Recipe.Default("widget") with { Profile = Profile.PatchClip };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Few_EachIsTheMostOfItsOwnAndItsCopiesScoresWithoutItsRows()
    {
        using ModelPack pack = ModelPack.Open(tiny.Folder);
        int[] references = [1, 2, 3];
        using Inspector inspector = Pictures.Inspector(pack, PatchClip, references);
        LeftOutScores scores = LeftOutScores.Of(inspector, references.Length, Read(references), Cancellation);
        Assert.Equal(references.Length, scores.Scores.Count);
        for (int i = 0; i < references.Length; i++)
        {
            using Inspector others = Pictures.Inspector(pack, PatchClip, [.. references.Where((_, r) => r != i)]);
            InspectionResult own = others.Inspect(Pictures.Frame(Pictures.Bytes(references[i])), cancellation: Cancellation);
            Assert.Equal(own.Fused.Scores.Vision!.Value, scores.Vision[i], Close);
            List<float> all = [own.Fused.Scores.FewShot!.Value],
                peaks = [own.Fused.FewShot!.Values.ToArray().Max()];
            RgbImage picture = ReferenceCopies.Rgb(Pictures.Frame(Pictures.Bytes(references[i])), null, null);
            for (int copy = 0; copy < ReferenceCopies.Count; copy++)
            {
                InspectionResult judged = others.Inspect(
                    ReferenceCopies.Make(picture, copy, Cancellation).View,
                    cancellation: Cancellation
                );
                all.Add(judged.Fused.Scores.FewShot!.Value);
                peaks.Add(judged.Fused.FewShot!.Values.ToArray().Max());
            }

            Assert.Equal(all.Max(), scores.Scores[i].Full.Score, Close);
            Assert.Equal(peaks.Max(), scores.Scores[i].Full.Peak, Close);
            Assert.Null(scores.Scores[i].Held);
        }

        double[] full = [.. scores.Scores.Select(s => s.Full.Score)];
        Assert.Equal((float)ProvisionalThreshold.Of(full), (float)scores.Thresholds[Profile.PatchClip, ShotMode.FewShot]!.Value);
        // Three say nothing of each other.
        Assert.Empty(scores.Odd);
    }

    [Fact]
    public void Eight_HaveNoCopiesAndTellTheOddOne()
    {
        using ModelPack pack = ModelPack.Open(tiny.Folder);
        int[] references = [1, 1, 1, 1, 1, 1, 1, 9];
        using Inspector inspector = Pictures.Inspector(pack, PatchClip, references);
        LeftOutScores scores = LeftOutScores.Of(inspector, references.Length, Read(references), Cancellation);
        for (int i = 0; i < references.Length; i++)
            Assert.Equal(
                inspector.Inspect(Pictures.Frame(Pictures.Bytes(references[i])), i, cancellation: Cancellation).Fused.Scores.FewShot!.Value,
                (float)scores.Scores[i].Full.Score
            );
        Assert.Equal([7], scores.Odd);
    }

    [Fact]
    public void One_IsComparedWithItsCopies()
    {
        using ModelPack pack = ModelPack.Open(tiny.Folder);
        using Inspector inspector = Pictures.Inspector(pack, PatchClip, 1);
        LeftOutScores scores = LeftOutScores.Of(inspector, 1, Read([1]), Cancellation);
        RgbImage picture = ReferenceCopies.Rgb(Pictures.Frame(Pictures.Bytes(1)), null, null);
        float most = Enumerable
            .Range(0, ReferenceCopies.Count)
            .Max(copy =>
                inspector
                    .Inspect(ReferenceCopies.Make(picture, copy, Cancellation).View, cancellation: Cancellation)
                    .Fused.Scores.FewShot!.Value
            );
        Assert.Equal(most, (float)Assert.Single(scores.Scores).Full.Score);
        Assert.Empty(scores.Vision);
        Assert.Empty(scores.Odd);
    }

    [Fact]
    public void HeldProfile_HasScoresOfItsOwn()
    {
        using ModelPack pack = ModelPack.Open(tiny.Folder);
        int[] references = [1, 2];
        using Inspector inspector = Pictures.Inspector(pack, Recipe.Default("widget"), references);
        LeftOutScores scores = LeftOutScores.Of(inspector, references.Length, Read(references), Cancellation);
        Assert.Equal(Profile.PatchClip, inspector.HeldProfile);
        using Inspector held = Pictures.Inspector(pack, PatchClip, references);
        LeftOutScores own = LeftOutScores.Of(held, references.Length, Read(references), Cancellation);
        Assert.Equal(
            own.Scores.Select(s => s.Full.Score),
            scores.Scores.Select(s => s.Held!.Value.Score),
            (a, b) => Math.Abs(a - b) < Close
        );
        Assert.NotEqual(scores.Scores[0].Full.Score, scores.Scores[0].Held!.Value.Score);
        Assert.Equal(
            own.Thresholds[Profile.PatchClip, ShotMode.FewShot]!.Value,
            scores.Thresholds[Profile.PatchClip, ShotMode.FewShot]!.Value,
            Close
        );
    }

    private static ReferenceReader Read(int[] references) => (i, use) => use(Pictures.Frame(Pictures.Bytes(references[i])));
}
