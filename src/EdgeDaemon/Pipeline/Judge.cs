using ClipFusion.Camera;
using ClipFusion.EdgeDaemon.Diagnostics;
using ClipFusion.EdgeDaemon.Inspections;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Imaging;
using ClipFusion.Inspection.Maps;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using Microsoft.Extensions.Logging;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>Steps 3 to 7 of one inspection: waits for its station's turn, runs the method, decides. The deadline ends it from outside.</summary>
internal sealed partial class Judge(FairTurn turns, TimeProvider time, ILogger log)
{
    /// <summary>How long the method may take on the slowest machine before the loop counts as hung; its turn may take as long as it takes.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>Brings a run to its verdict, unless its deadline does.</summary>
    /// <param name="run">The inspection.</param>
    /// <param name="recipe">What it was accepted under.</param>
    /// <param name="frame">Its frame; borrowed.</param>
    /// <param name="heartbeat">The judging loop's.</param>
    /// <param name="stop">The program's end.</param>
    /// <returns>The anomaly map that the verdict came from, owned by the caller; null where nothing was judged.</returns>
    public async Task<MapCopy?> JudgeAsync(InspectionRun run, ActiveRecipe recipe, Frame frame, Heartbeat heartbeat, CancellationToken stop)
    {
        FrameRecord described = FramePixels.Describe(frame);
        using var maps = new DecidedMap();
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(run.DeadlinePassed, stop);
        try
        {
            using IDisposable turn = await heartbeat.WaitAsync(turns.TakeAsync(run.Inspection.Station, ends.Token).AsTask()).ConfigureAwait(false);
            using Heartbeat.Work work = heartbeat.Begin(Limit);
            run.Lap("turn");
            KillPoint.Pass(KillStep.TurnTaken);
            await Task.Run(() => FramePixels.Use(frame, view => run.TryFinish(Judged(run, recipe, described, view, maps, ends.Token))), ends.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (ends.IsCancellationRequested)
        {
            // The deadline has decided, or the program ends and the next start answers "interrupted".
        }
        catch (UnjudgeableException e)
        {
            run.TryFail(e.Reason, described);
        }
        catch (ImageFormatException)
        {
            run.TryFail(Code.BadImage, described);
        }
        catch (Exception e) when (e is ArgumentException or NetworkException)
        {
            LogNotJudged(run.Inspection.Station, run.Inspection.Sequence, ErrorText.Of(e));
            run.TryFail(e is NetworkException ? Code.NetworkFailed : Code.WrongFrame, described);
        }
#pragma warning disable CA1031 // A mistake of ours must not leave the line without an answer, nor stop the parts behind this one.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogUnexpected(e, run.Inspection.Station, run.Inspection.Sequence);
            run.TryFail(Code.NetworkFailed, described);
        }

        return run.Verdict.IsCompleted ? maps.Take(await run.Verdict.ConfigureAwait(false)) : maps.Take(null);
    }

    private VerdictRecord Judged(InspectionRun run, ActiveRecipe recipe, FrameRecord frame, ImageView view, DecidedMap maps, CancellationToken cancellation)
    {
        ImageFault size = recipe.Recipe.Checks.CheckSize(view.Width, view.Height);
        frame = frame with { Width = view.Width, Height = view.Height };
        if (size != ImageFault.None) return InspectionRun.NotJudged(run.Inspection, Inspections.Answers.Of(size), time.GetUtcNow(), frame);

        if (recipe.Ignore is { } ignore && (ignore.Width, ignore.Height) != (view.Width, view.Height))
            throw new ArgumentException($"the frame has {view.Width}x{view.Height} pixels, the ignore rule of recipe '{recipe.Stamp.Name}' is for {ignore.Width}x{ignore.Height}");

        PreparedImage? prepared = null;
        InspectionResult result = recipe.Inspector.Inspect(
            view,
            patchClipReady: held =>
            {
                VerdictRecord fallback = Decided(run, recipe, Profile.PatchClip, held, prepared!.Region, frame);
                if (fallback.Reason != Code.None) return;
                maps.Held = MapCopy.Of(MapOf(held), prepared.Region);
                run.Hold(fallback);
                KillPoint.Pass(KillStep.Held);
            },
            prepared: image => Check(recipe, frame, prepared = image),
            cancellation: cancellation);
        NoteSteps(run, result.Timings);
        VerdictRecord verdict = Decided(run, recipe, recipe.Recipe.Method.Profile, result.Fused, result.Prepared.Region, frame);
        KillPoint.Pass(KillStep.Judged);
        maps.Full = MapCopy.Of(result.Map, result.Prepared.Region);
        return verdict;
    }

    /// <summary>Before any network runs, so that not even a held result exists of a picture that can't be judged.</summary>
    private static void Check(ActiveRecipe recipe, FrameRecord frame, PreparedImage prepared)
    {
        ImageFault fault = prepared.CheckBy(recipe.Recipe.Checks, frame.Width, frame.Height);
        if (fault != ImageFault.None) throw new UnjudgeableException(Inspections.Answers.Of(fault));
    }

    private VerdictRecord Decided(InspectionRun run, ActiveRecipe recipe, Profile profile, FusionResult fused, Region covered, FrameRecord frame)
    {
        FusionScores scores = fused.Scores;
        Decision decision = recipe.Recipe.Rule.Decide(profile, scores);
        (Verdict verdict, Code reason) = Inspections.Answers.Of(decision.Outcome);
        (RegionRecord[] regions, bool truncated) = recipe.Recipe.MapThresholds[profile, scores.FewShot is null ? ShotMode.ZeroShot : ShotMode.FewShot] is { } threshold
            ? Regions(MapOf(fused), covered, (float)threshold, recipe.Ignore)
            : ([], false);
        run.Lap("decide");
        return new VerdictRecord(
            run.Inspection, verdict, reason, double.IsFinite(decision.Score) ? decision.Score : null, decision.Threshold,
            new Evidence(scores.ClipLanguage, scores.ClipVision, scores.DiffLanguage, scores.DiffVision), regions, truncated,
            RecipeProfileName(profile), false, scores.FewShot is null, recipe.PackHash, new Dictionary<string, double>(run.Timings), frame, time.GetUtcNow());
    }

    private static AnomalyMap MapOf(FusionResult fused) => fused.FewShot ?? fused.ZeroShot ?? throw new InvalidOperationException("a judged image has a map");

    private static (RegionRecord[] Regions, bool Truncated) Regions(AnomalyMap map, Region covered, float threshold, IgnoreMask? ignore)
    {
        ConnectedRegions found = ConnectedRegions.Find(map.Values, map.Width, map.Height, threshold, ignore?.Ignored(map.Width, map.Height, covered));
        return ([.. found.Regions.Select(r => r.ToFrame(covered, map.Width, map.Height)).Select(r => new RegionRecord(r.Box.X, r.Box.Y, r.Box.Width, r.Box.Height, checked((int)r.Area), r.Peak))], found.Truncated);
    }

    private static void NoteSteps(InspectionRun run, StepTimings steps)
    {
        run.Note("prepare", steps.Prepare);
        run.Note("networks", steps.ClipNetworks + steps.Vae + steps.Unet);
        run.Note("memoryBank", steps.ClipBanks + steps.DiffusionBanks);
        run.Note("fuse", steps.Fuse);
    }

    private static string RecipeProfileName(Profile profile) => profile switch { Profile.PatchClip => "patchclip", Profile.MapDiff => "mapdiff", _ => "clipfusion" };

    [OperatorAction("See why. A network that fails: check GPU and model pack (clipfusion models verify). A frame that does not fit: check the camera's settings against the recipe.")]
    [LoggerMessage(2000, LogLevel.Error, "Station {Station}, sequence {Sequence}: not judged: {Why}")]
    private partial void LogNotJudged(string station, long sequence, string why);

    [OperatorAction("Report it with the stack trace. The part was answered NOT_JUDGED.")]
    [LoggerMessage(2001, LogLevel.Critical, "Station {Station}, sequence {Sequence}: not judged because of a mistake in the program; please report it")]
    private partial void LogUnexpected(Exception error, string station, long sequence);
}

/// <summary>A picture that must not be judged, whatever is on it.</summary>
internal sealed class UnjudgeableException(Code reason) : Exception(CodeTable.Describe(reason))
{
    public Code Reason => reason;
}

/// <summary>The maps of one judgement: the one that is not asked for goes back to its pool.</summary>
internal sealed class DecidedMap : IDisposable
{
    /// <summary>PatchCLIP's, made before the deadline can have taken its result.</summary>
    public MapCopy? Held { get; set; }

    /// <summary>The recipe's profile's.</summary>
    public MapCopy? Full { get; set; }

    /// <summary>The map of a verdict, from then on the caller's; null where nothing was judged.</summary>
    public MapCopy? Take(VerdictRecord? verdict)
    {
        if (verdict is null or { Score: null }) return null;
        MapCopy? taken = verdict.IsFallbackProfile ? Held : Full;
        if (verdict.IsFallbackProfile) Held = null;
        else Full = null;
        return taken;
    }

    public void Dispose()
    {
        Held?.Dispose();
        Full?.Dispose();
    }
}
