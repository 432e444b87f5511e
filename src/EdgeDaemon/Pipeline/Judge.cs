using ClipFusion.Camera;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Pictures;
using ClipFusion.EdgeDaemon.Runtime;
using ClipFusion.Imaging;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Maps;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.OnnxInference;
using Microsoft.Extensions.Logging;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>Steps 3 to 7 of one inspection: waits for its station's turn, runs the method, decides. The deadline ends it from
/// outside.</summary>
internal sealed partial class Judge(NetworkScheduler turns, TimeProvider time, ILogger log, PackCondition? pack = null)
{
    /// <summary>How long the method may take on the slowest machine before the loop counts as hung; its turn may take as long as it
    /// takes.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>Why nothing may be judged with the networks that are there; null when it may.</summary>
    public string? PackFault => pack?.Fault;

    /// <summary>Brings a run to its verdict, unless its deadline does.</summary>
    /// <param name="run">The inspection.</param>
    /// <param name="recipe">What it was accepted under.</param>
    /// <param name="frame">Its frame; borrowed.</param>
    /// <param name="heartbeat">The judging loop's.</param>
    /// <param name="stop">The program's end.</param>
    /// <returns>The anomaly map that the verdict came from, owned by the caller; null where nothing was judged.</returns>
    public async Task<PooledAnomalyMap?> JudgeAsync(
        InspectionRun run,
        ActiveRecipe recipe,
        Frame frame,
        Heartbeat heartbeat,
        CancellationToken stop
    )
    {
        FrameRecord described = FramePixels.Describe(frame);
        using var maps = new DecidedMap();
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(run.DeadlinePassed, stop);
        try
        {
            using IDisposable turn = await heartbeat
                .WaitAsync(turns.AcquireAsync(run.Inspection.Station, ends.Token).AsTask())
                .ConfigureAwait(false);
            using Heartbeat.Work work = heartbeat.Begin(Limit);
            run.Lap("turn");
            KillPoint.Pass(KillStep.TurnTaken);
            await Task.Run(
                    () => FramePixels.Use(frame, view => run.TryFinish(Judged(run, recipe, described, view, maps, ends.Token))),
                    ends.Token
                )
                .ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (ends.IsCancellationRequested)
        {
            // The deadline has decided, or the program ends and the next start answers "interrupted".
        }
        catch (ImageFormatException e)
        {
            run.TryFail(Code.BadImage, described, e.Message);
        }
        catch (Exception e) when (e is ArgumentException or NetworkException)
        {
            LogNotJudged(run.Inspection.Station, run.Inspection.Sequence, ErrorText.Of(e));
            run.TryFail(e is NetworkException ? Code.NetworkFailed : Code.WrongFrame, described, ErrorText.Of(e));
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

    private VerdictRecord Judged(
        InspectionRun run,
        ActiveRecipe recipe,
        FrameRecord frame,
        ImageView view,
        DecidedMap maps,
        CancellationToken cancellation
    )
    {
        ImageFault size = recipe.Recipe.Checks.CheckSize(view.Width, view.Height);
        frame = frame with { Width = view.Width, Height = view.Height };
        if (PackFault is { } fault)
            throw new NetworkException(fault);
        if (size != ImageFault.None)
            return InspectionRun.NotJudged(run.Inspection, Findings.Of(size), time.GetUtcNow(), frame);

        if (recipe.Ignore is { } ignore && (ignore.Width, ignore.Height) != (view.Width, view.Height))
            throw new ArgumentException(
                $"the frame has {view.Width}x{view.Height} pixels, the ignore rule of recipe '{recipe.Stamp.Name}' is for "
                    + $"{ignore.Width}x{ignore.Height}"
            );

        Inspector inspector = recipe.Inspector;
        var trace = new InspectionTrace();

        // 3 prepare
        PreparedImage image = inspector.Prepare(view, trace, cancellation);
        // Before any network runs, so that not even a fallback exists for a picture that can't be judged.
        ImageFault unusable = recipe.Recipe.Checks.Check(image);
        if (unusable != ImageFault.None)
            return InspectionRun.NotJudged(run.Inspection, Findings.Of(unusable), time.GetUtcNow(), frame);

        // 4 networks, 5 memory bank: first those of the profile whose own result is the fallback for the deadline
        using PackNetworks networks = inspector.NetworksFor(image);
        BranchMaps evidence = BranchMaps.None;
        if (inspector.HeldProfile == Profile.Backbone)
        {
            evidence = inspector.RunBackbone(evidence, networks, trace: trace, cancellation: cancellation);
            Hold(evidence);
        }

        BranchMaps clip = inspector.RunPatchClip(networks, trace: trace, cancellation: cancellation);
        evidence = clip with { BackboneVision = evidence.BackboneVision };
        if (inspector.HeldProfile != Profile.Backbone)
            evidence = inspector.RunBackbone(evidence, networks, trace: trace, cancellation: cancellation);
        if (inspector.HeldProfile == Profile.PatchClip)
            Hold(evidence);

        // 4 networks, 5 memory bank: MapDiff
        evidence = inspector.RunMapDiff(evidence, networks, trace: trace, cancellation: cancellation);

        // 6 fuse, 7 decide
        FusionResult fused = inspector.Fuse(evidence, inspector.Recipe.Profile, image.Region, recipe.FusionBuffer, trace, cancellation);
        NoteSteps(run, trace.Timings);
        VerdictRecord verdict = Decided(run, recipe, inspector.Recipe.Profile, fused, image.Region, frame);
        KillPoint.Pass(KillStep.Judged);
        maps.Full = PooledAnomalyMap.Of(fused.Map, image.Region);
        return verdict;

        void Hold(BranchMaps soFar)
        {
            Profile held = inspector.HeldProfile!.Value;
            FusionResult fallback = inspector.Fuse(soFar, held, image.Region, recipe.FallbackBuffer, trace, cancellation);
            SetFallback(run, recipe, held, fallback, image.Region, frame, maps);
        }
    }

    /// <summary>A fast profile's own verdict, held for the deadline. Without a threshold for that profile there is none.</summary>
    private void SetFallback(
        InspectionRun run,
        ActiveRecipe recipe,
        Profile profile,
        FusionResult fused,
        Region covered,
        FrameRecord frame,
        DecidedMap maps
    )
    {
        VerdictRecord fallback = Decided(run, recipe, profile, fused, covered, frame);
        if (fallback.Reason != Code.None)
            return;
        // The map first: from the next line on the deadline may take the verdict, and then its map.
        maps.Fallback = PooledAnomalyMap.Of(fused.Map, covered);
        run.SetFallback(fallback);
        KillPoint.Pass(KillStep.Held);
    }

    private VerdictRecord Decided(
        InspectionRun run,
        ActiveRecipe recipe,
        Profile profile,
        FusionResult fused,
        Region covered,
        FrameRecord frame
    )
    {
        FusionScores scores = fused.Scores;
        Decision decision = recipe.Recipe.Rule.Decide(profile, scores);
        (Verdict verdict, Code reason) = Findings.Of(decision.Outcome);
        (RegionRecord[] regions, bool truncated) = recipe.Recipe.MapThresholds[
            profile,
            scores.FewShot is null ? ShotMode.ZeroShot : ShotMode.FewShot
        ]
            is { } threshold
            ? Regions(fused.Map, covered, (float)threshold, recipe.Ignore)
            : ([], false);
        run.Lap("decide");
        return new VerdictRecord(
            run.Inspection,
            verdict,
            reason,
            double.IsFinite(decision.Score) ? decision.Score : null,
            decision.Threshold,
            new Evidence(scores.ClipLanguage, scores.ClipVision, scores.DiffLanguage, scores.DiffVision, scores.BackboneVision),
            regions,
            truncated,
            ProfileNames.Of(profile),
            false,
            scores.FewShot is null,
            recipe.PackHash,
            new Dictionary<string, double>(run.Timings),
            frame,
            time.GetUtcNow()
        )
        {
            ThresholdState = decision.Threshold is null ? null : recipe.ThresholdState,
        };
    }

    private static (RegionRecord[] Regions, bool Truncated) Regions(AnomalyMap map, Region covered, float threshold, IgnoreMask? ignore)
    {
        ConnectedRegions found = ConnectedRegions.FindInFrame(map, covered, threshold, ignore);
        return (
            [.. found.Regions.Select(r => new RegionRecord(r.Box.X, r.Box.Y, r.Box.Width, r.Box.Height, checked((int)r.Area), r.Peak))],
            found.Truncated
        );
    }

    private static void NoteSteps(InspectionRun run, StepTimings steps)
    {
        run.Note("prepare", steps.Prepare);
        run.Note("networks", steps.ClipNetworks + steps.Vae + steps.Unet + steps.BackboneNetwork);
        run.Note("memoryBank", steps.ClipBanks + steps.DiffusionBanks + steps.BackboneBanks);
        run.Note("fuse", steps.Fuse);
    }

    [OperatorAction(
        "See why. A network that fails: check GPU and model pack (clipfusion models verify). A frame that does not fit: check the "
            + "camera's settings against the recipe."
    )]
    [LoggerMessage(2000, LogLevel.Error, "Station {Station}, sequence {Sequence}: not judged: {Why}")]
    private partial void LogNotJudged(string station, long sequence, string why);

    [OperatorAction("Report it with the stack trace. The part was answered NOT_JUDGED.")]
    [LoggerMessage(
        2001,
        LogLevel.Critical,
        "Station {Station}, sequence {Sequence}: not judged because of a mistake in the program; please report it"
    )]
    private partial void LogUnexpected(Exception error, string station, long sequence);
}

/// <summary>The maps of one judgement: the one that is not asked for goes back to its pool.</summary>
internal sealed class DecidedMap : IDisposable
{
    /// <summary>The held profile's, made before the deadline can have taken its result.</summary>
    public PooledAnomalyMap? Fallback { get; set; }

    /// <summary>The recipe's profile's.</summary>
    public PooledAnomalyMap? Full { get; set; }

    /// <summary>The map of a verdict, from then on the caller's; null where nothing was judged.</summary>
    public PooledAnomalyMap? Take(VerdictRecord? verdict)
    {
        if (verdict is null or { Score: null })
            return null;
        PooledAnomalyMap? taken = verdict.IsFallbackProfile ? Fallback : Full;
        if (verdict.IsFallbackProfile)
            Fallback = null;
        else
            Full = null;
        return taken;
    }

    public void Dispose()
    {
        Fallback?.Dispose();
        Full?.Dispose();
    }
}
