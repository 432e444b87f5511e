using ClipFusion.Camera;
using ClipFusion.EdgeDaemon.Inspections;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Imaging;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using Microsoft.Extensions.Logging;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>Steps 3 to 7 of one inspection: waits for its station's turn, runs the method, decides. The deadline ends it from outside.</summary>
internal sealed partial class Judge(FairTurn turns, TimeProvider time, string packHash, ILogger log)
{
    /// <summary>Brings a run to its verdict, unless its deadline does.</summary>
    /// <param name="run">The inspection.</param>
    /// <param name="recipe">What it was accepted under.</param>
    /// <param name="frame">Its frame; borrowed.</param>
    /// <param name="stop">The program's end.</param>
    public async Task JudgeAsync(InspectionRun run, ActiveRecipe recipe, Frame frame, CancellationToken stop)
    {
        FrameRecord described = FramePixels.Describe(frame);
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(run.DeadlinePassed, stop);
        try
        {
            TimeSpan waiting = run.Elapsed;
            using IDisposable turn = await turns.TakeAsync(run.Inspection.Station, ends.Token).ConfigureAwait(false);
            var timings = new Dictionary<string, double> { ["beforeNetworks"] = waiting.TotalMilliseconds, ["turn"] = (run.Elapsed - waiting).TotalMilliseconds };
            await Task.Run(() => FramePixels.Use(frame, view => run.TryFinish(Judged(run, recipe, described, view, timings, ends.Token))), ends.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (ends.IsCancellationRequested)
        {
            // The deadline has decided, or the program ends and the next start answers "interrupted".
        }
        catch (ImageFormatException)
        {
            run.TryFail(Code.BadImage, described);
        }
        catch (Exception e) when (e is ArgumentException or NetworkException)
        {
            LogNotJudged(run.Inspection.Station, run.Inspection.Sequence, e.Message);
            run.TryFail(e is NetworkException ? Code.NetworkFailed : Code.WrongFrame, described);
        }
#pragma warning disable CA1031 // A mistake of ours must not leave the line without an answer, nor stop the parts behind this one.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogUnexpected(e, run.Inspection.Station, run.Inspection.Sequence);
            run.TryFail(Code.NetworkFailed, described);
        }
    }

    private VerdictRecord Judged(InspectionRun run, ActiveRecipe recipe, FrameRecord frame, ImageView view, Dictionary<string, double> timings, CancellationToken cancellation)
    {
        ImageFault size = recipe.Recipe.Checks.CheckSize(view.Width, view.Height);
        frame = frame with { Width = view.Width, Height = view.Height };
        if (size != ImageFault.None) return InspectionRun.NotJudged(run.Inspection, Inspections.Answers.Of(size), time.GetUtcNow(), frame);

        InspectionResult result = recipe.Inspector.Inspect(view, held =>
        {
            VerdictRecord fallback = Decided(run, recipe, Profile.PatchClip, held.Scores, frame, timings);
            if (fallback.Reason == Code.None) run.Hold(fallback);
        }, cancellation: cancellation);
        AddTimings(timings, result.Timings);

        byte[] pixels = result.Prepared.Clip.Length > 0 ? result.Prepared.Clip : result.Prepared.Diffusion;
        ImageFault fault = recipe.Recipe.Checks.NeedsMeasures ? recipe.Recipe.Checks.Check(view.Width, view.Height, pixels, (int)Math.Sqrt(pixels.Length / 3)) : ImageFault.None;
        if (fault != ImageFault.None) return InspectionRun.NotJudged(run.Inspection, Inspections.Answers.Of(fault), time.GetUtcNow(), frame) with { Timings = timings };

        Profile profile = recipe.Recipe.Method.Profile;
        VerdictRecord verdict = Decided(run, recipe, profile, result.Fused.Scores, frame, timings);
        ShotMode shots = result.Fused.Scores.FewShot is null ? ShotMode.ZeroShot : ShotMode.FewShot;
        return recipe.Recipe.MapThresholds[profile, shots] is { } threshold ? WithRegions(verdict, result, threshold) : verdict;
    }

    private VerdictRecord Decided(InspectionRun run, ActiveRecipe recipe, Profile profile, FusionScores scores, FrameRecord frame, Dictionary<string, double> timings)
    {
        Decision decision = recipe.Recipe.Rule.Decide(profile, scores);
        (Verdict verdict, Code reason) = Inspections.Answers.Of(decision.Outcome);
        return new VerdictRecord(
            run.Inspection, verdict, reason, double.IsFinite(decision.Score) ? decision.Score : null, decision.Threshold,
            new Evidence(scores.ClipLanguage, scores.ClipVision, scores.DiffLanguage, scores.DiffVision), [], false,
            RecipeProfileName(profile), false, scores.FewShot is null, packHash, timings, frame, time.GetUtcNow());
    }

    private static VerdictRecord WithRegions(VerdictRecord verdict, InspectionResult result, double threshold)
    {
        Inspection.Maps.AnomalyMap map = result.Map;
        ConnectedRegions found = ConnectedRegions.Find(map.Values, map.Width, map.Height, (float)threshold);
        RegionRecord[] regions = [.. found.Regions.Select(r => r.ToFrame(result.Prepared.Region, map.Width, map.Height)).Select(r => new RegionRecord(r.Box.X, r.Box.Y, r.Box.Width, r.Box.Height, checked((int)r.Area), r.Peak))];
        return verdict with { Regions = regions, RegionsTruncated = found.Truncated };
    }

    private static void AddTimings(Dictionary<string, double> timings, StepTimings steps)
    {
        timings["prepare"] = steps.Prepare.TotalMilliseconds;
        timings["networks"] = (steps.ClipNetworks + steps.Vae + steps.Unet).TotalMilliseconds;
        timings["memoryBank"] = (steps.ClipBanks + steps.DiffusionBanks).TotalMilliseconds;
        timings["fuse"] = steps.Fuse.TotalMilliseconds;
    }

    private static string RecipeProfileName(Profile profile) => profile switch { Profile.PatchClip => "patchclip", Profile.MapDiff => "mapdiff", _ => "clipfusion" };

    [LoggerMessage(2000, LogLevel.Error, "Station {Station}, sequence {Sequence}: not judged: {Why}")]
    private partial void LogNotJudged(string station, long sequence, string why);

    [LoggerMessage(2001, LogLevel.Critical, "Station {Station}, sequence {Sequence}: not judged because of a mistake in the program; please report it")]
    private partial void LogUnexpected(Exception error, string station, long sequence);
}
