using System.Runtime.InteropServices;
using ClipFusion.Foundation;
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
        LeftOutScores scores = LeftOutScores.Of(inspector, references.Length, Read(references), cancellation: Cancellation);
        Assert.Equal(references.Length, scores.Scores.Count);
        for (int i = 0; i < references.Length; i++)
        {
            using Inspector others = Pictures.Inspector(pack, PatchClip, [.. references.Where((_, r) => r != i)]);
            InspectionResult own = others.Inspect(Pictures.Frame(Pictures.Bytes(references[i])), cancellation: Cancellation);
            Assert.Equal(own.Fused.Scores.Vision!.Value, scores.Vision[i], Close);
            List<float> all = [own.Fused.Scores.FewShot!.Value],
                peaks = [own.Fused.FewShot!.Values.ToArray().Max()];
            RgbImage picture = PixelConverter.ToRgb(Pictures.Frame(Pictures.Bytes(references[i])));
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
        LeftOutScores scores = LeftOutScores.Of(inspector, references.Length, Read(references), cancellation: Cancellation);
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
        LeftOutScores scores = LeftOutScores.Of(inspector, 1, Read([1]), cancellation: Cancellation);
        RgbImage picture = PixelConverter.ToRgb(Pictures.Frame(Pictures.Bytes(1)));
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
        LeftOutScores scores = LeftOutScores.Of(inspector, references.Length, Read(references), cancellation: Cancellation);
        Assert.Equal(Profile.PatchClip, inspector.HeldProfile);
        using Inspector held = Pictures.Inspector(pack, PatchClip, references);
        LeftOutScores own = LeftOutScores.Of(held, references.Length, Read(references), cancellation: Cancellation);
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

    [Fact]
    public void DeepGrey_HasCopiesOfTheLevelsThatTheNetworksSee()
    {
        using ModelPack pack = ModelPack.Open(tiny.Folder);
        Recipe recipe = PatchClip with { BlackLevel = 200, WhiteLevel = 3000 };
        ushort[][] pictures = [.. Enumerable.Range(0, 2).Select(Grey)];
        using var inspector = Inspector.Create(pack, recipe, cancellation: Cancellation);
        inspector.Enroll(2, (i, use) => use(View(pictures[i])), Cancellation);
        LeftOutScores deep = LeftOutScores.Of(inspector, 2, (i, use) => use(View(pictures[i])), cancellation: Cancellation);
        // The same in 8 bits, which the levels leave alone.
        RgbImage[] shallow = [.. pictures.Select(p => PixelConverter.ToRgb(View(p), levels: new GreyLevels(200, 3000)))];
        using var other = Inspector.Create(pack, recipe, cancellation: Cancellation);
        other.Enroll(2, (i, use) => use(shallow[i].View), Cancellation);
        LeftOutScores same = LeftOutScores.Of(other, 2, (i, use) => use(shallow[i].View), cancellation: Cancellation);
        Assert.Equal(same.Scores.Select(s => s.Full.Score), deep.Scores.Select(s => s.Full.Score), (a, b) => Math.Abs(a - b) < Close);

        static ImageView View(ushort[] picture) => new(MemoryMarshal.AsBytes(picture.AsSpan()), 80, 60, 160, PixelFormat.Mono12);

        static ushort[] Grey(int number)
        {
            var random = new Random(number);
            return
            [
                .. Enumerable.Range(0, 80 * 60).Select(i => (ushort)(1500 + (900 * Math.Sin((i % 80 / 7.0) + number)) + random.Next(300))),
            ];
        }
    }

    private static ReferenceReader Read(int[] references) => (i, use) => use(Pictures.Frame(Pictures.Bytes(references[i])));
}
