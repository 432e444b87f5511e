using System.Diagnostics;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;
using ClipFusion.OnnxInference;
using ClipFusion.Tests.Models.Pack;

namespace ClipFusion.Tests.Inspection;

/// <summary>A deadline needs PatchCLIP's verdict before MapDiff starts, and a MapDiff that can be ended.</summary>
[Trait("speed", "slow")]
public sealed class DeadlineTests(TinyPacks packs)
{
    private static readonly Recipe Recipe = Recipe.Default("widget") with { TimestepBlocks = [new(201, 2), new(401, 1), new(801, 0)] };
    private const int FewSpins = 1 << 8;
    private readonly byte[] _picture = Pictures.Bytes(5);

    [Fact]
    public void PatchClipReady_OfTheWholeMethod_TellsWhatTheProfilePatchClipSays()
    {
        using ModelPack pack = ModelPack.Open(packs.Folder(Precision.Float32));
        using Inspector whole = Pictures.Inspector(pack, Recipe, 0, 1),
            fast = Pictures.Inspector(pack, Recipe with { Profile = Profile.PatchClip }, 0, 1);
        var held = new List<(FusionScores Scores, float[] Map)>();
        InspectionResult result = whole.Inspect(
            Pictures.Frame(_picture),
            r => held.Add((r.Scores, [.. r.FewShot!.Values])),
            cancellation: TestContext.Current.CancellationToken
        );
        FusionResult expected = fast.Inspect(
            Pictures.Frame(_picture),
            _ => Assert.Fail("nothing comes after PatchCLIP here"),
            cancellation: TestContext.Current.CancellationToken
        ).Fused;
        (FusionScores scores, float[] map) = Assert.Single(held);
        Assert.Equal(expected.Scores, scores);
        Assert.Equal(expected.FewShot!.Values, map);
        Assert.NotNull(result.Fused.Scores.DiffVision);
    }

    [Fact]
    public void PatchClipReady_WhereMapDiffCannotRun_HasBeenToldBefore()
    {
        using var folder = new TemporaryFolder();
        using ModelPack pack = ModelPack.Open(packs.Copy(folder["pack"]));
        File.Delete(folder["pack", "vae_encoder.onnx"]);
        using Inspector inspector = Pictures.Inspector(pack, Recipe);
        int told = 0;
        Assert.Throws<NetworkException>(() =>
            inspector.Inspect(Pictures.Frame(_picture), _ => told++, cancellation: TestContext.Current.CancellationToken)
        );
        Assert.Equal(1, told);
    }

    [Fact]
    public void Inspect_CancelledWhenPatchClipIsReady_EndsThereAndStaysUsable()
    {
        using ModelPack pack = ModelPack.Open(packs.Folder(Precision.Float32));
        using Inspector inspector = Pictures.Inspector(pack, Recipe, 0, 1);
        FusionScores expected = inspector
            .Inspect(Pictures.Frame(_picture), cancellation: TestContext.Current.CancellationToken)
            .Fused.Scores;
        using var deadline = new CancellationTokenSource();
        var e = Assert.Throws<OperationCanceledException>(() =>
            inspector.Inspect(Pictures.Frame(_picture), _ => deadline.Cancel(), cancellation: deadline.Token)
        );
        Assert.Equal(deadline.Token, e.CancellationToken);
        Assert.Equal(
            expected,
            inspector.Inspect(Pictures.Frame(_picture), cancellation: TestContext.Current.CancellationToken).Fused.Scores
        );
    }

    [Fact]
    public void Inspect_CancelledWhileTheUnetRuns_EndsAfterAFewOperatorsAndStaysUsable()
    {
        // 32 prompts make the UNet by far the longest step, so that a helper that waits ever longer hits it.
        Recipe slow = Recipe with
        {
            States = [.. Enumerable.Range(0, 32).Select(i => $"defect {(char)('a' + (i % 26))}{i}")],
        };
        using ModelPack pack = ModelPack.Open(packs.Folder(Precision.Float32), new SessionSettings(Threads: 1));
        using Inspector inspector = Pictures.Inspector(pack, slow, 0);
        InspectionResult whole = inspector.Inspect(Pictures.Frame(_picture), cancellation: TestContext.Current.CancellationToken);
        (FusionScores expected, TimeSpan unet) = (whole.Fused.Scores, whole.Timings.Unet);

        // The scheduler may hold either thread back, so the best of a few hits counts; an attempt that missed the UNet tries another delay.
        TimeSpan best = TimeSpan.MaxValue;
        for (int attempt = 0, spins = FewSpins; attempt < 60 && best > unet / 2; attempt++)
        {
            (OperationCanceledException? ended, TimeSpan after) = InspectAndCancel(inspector, spins);
            bool inUnet = ended is not null && ended.Message.Contains("mapdiff", StringComparison.Ordinal);
            if (inUnet && after < best)
                best = after;
            if (!inUnet)
                spins = ended is null ? FewSpins : spins * 2;
        }

        Assert.True(best < unet / 2, $"it took {best} to end; a whole run takes {unet}");
        Assert.Equal(
            expected,
            inspector.Inspect(Pictures.Frame(_picture), cancellation: TestContext.Current.CancellationToken).Fused.Scores
        );
    }

    /// <summary>Inspects while a second thread, released when PatchCLIP is ready, turns a loop and then cancels.</summary>
    private (OperationCanceledException? Ended, TimeSpan After) InspectAndCancel(Inspector inspector, int spins)
    {
        using var deadline = new CancellationTokenSource();
        using var ready = new ManualResetEventSlim();
        long cancelled = 0;
        var helper = new Thread(() =>
        {
            ready.Wait();
            Thread.SpinWait(spins);
            Volatile.Write(ref cancelled, Stopwatch.GetTimestamp());
            deadline.Cancel();
        });
        helper.Start();
        OperationCanceledException? ended = null;
        try
        {
            inspector.Inspect(Pictures.Frame(_picture), _ => ready.Set(), cancellation: deadline.Token);
        }
        catch (OperationCanceledException e)
        {
            ended = e;
        }

        long end = Stopwatch.GetTimestamp();
        helper.Join();
        return (ended, Stopwatch.GetElapsedTime(cancelled, end));
    }
}
