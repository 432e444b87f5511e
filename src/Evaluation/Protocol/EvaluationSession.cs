using ClipFusion.Evaluation.Ablations;
using ClipFusion.Evaluation.Baselines;
using ClipFusion.Evaluation.Datasets;
using ClipFusion.Evaluation.Methods;
using ClipFusion.Evaluation.Results;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;

namespace ClipFusion.Evaluation.Protocol;

/// <summary>What an evaluation cost: nothing of it is in the result files.</summary>
/// <param name="Networks">Time inside the networks.</param>
/// <param name="NetworkRuns">How often they ran; 0 where everything was there.</param>
public sealed record EvaluationCost(TimeSpan Networks, int NetworkRuns);

/// <summary>An evaluation from data set to tables.</summary>
public static class EvaluationSession
{
    /// <summary>Makes the runs that are missing and writes the tables anew. Ended at any point and started again, it ends with the same bytes.</summary>
    /// <param name="dataset">What to judge.</param>
    /// <param name="pack">The networks; shared, not owned.</param>
    /// <param name="options">What to compute.</param>
    /// <param name="folder">Receives runs, heatmaps, tables and the report; made where it is missing.</param>
    /// <param name="store">Folder of the networks' outputs; made where it is missing.</param>
    /// <param name="progress">Told of every step; null for silence.</param>
    /// <param name="cancellation">Ends it; what is done stays.</param>
    /// <exception cref="ArgumentException">The recipe asks for what the pack or an evaluation does not have.</exception>
    public static (EvaluationReport Report, EvaluationCost Cost) Run(
        Dataset dataset, ModelPack pack, EvaluationOptions options, string folder, string store, IProgress<EvaluationProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Recipe.Region is not null || options.Recipe.Ignore is not null)
            throw new ArgumentException("the recipe has a region or an ignore mask, which fit one camera's frames; an evaluation judges whole pictures", nameof(options));
        var networks = new NetworkStore(store, pack);
        bool fewShot = options.Shots.Any(k => k > 0);
        List<IMethod> methods = [];
        if (options.Profiles.Count > 0) methods.Add(new ClipFusionMethod(pack, options.Recipe, options.Profiles, networks, fewShot, options.Threads));
        if (options.Baselines.Contains(Baseline.WinClip)) methods.Add(new WinClipMethod(pack, options.Recipe, networks));
        if (options.Baselines.Contains(Baseline.PatchCore)) methods.Add(new PatchCoreMethod(new ClipPatches(pack, options.Recipe, networks), options.Coreset));
        if (options.Backbone is { } backbone) methods.Add(new PatchCoreMethod(new BackbonePatches(backbone, options.Recipe, networks), options.Coreset));
        var tables = new AblationTables(options.Recipe, pack.Manifest, dataset, options.OwnStates);
        AblationTable[] ablations = [.. options.Ablations.Order().Select(tables.Of)];
        methods.AddRange(ablations.SelectMany(t => AblationMethod.Of(t, pack, networks, options.Threads)));
        try
        {
            IReadOnlyList<RunRecord> runs = new Evaluator(dataset, options, methods, folder).Run(progress, cancellation);
            string[] notes =
            [
                .. dataset.Categories.SelectMany(c => options.Shots.Where(k => k > c.References.Count).Select(k => $"{c.Name}: {c.References.Count} good pictures to draw from, so no run with {k} shots")),
                .. ablations.SelectMany(t => t.Rows.Where(r => r.Missing is not null).Select(r => $"table {t.Number}: {r.Name} ({r.Label}) was not made: {r.Missing}")),
                .. runs.SelectMany(r => r.Notes.Select(n => $"{r.Category}, {n}")).Distinct(),
            ];
            var report = new EvaluationReport(
                dataset.Name, dataset.Layout, pack.Manifest.Name, (options.Recipe with { Object = "object", Profile = Profile.ClipFusion }).Revision,
                options.MapSize is { } size ? FormattableString.Invariant($"{size}") : "original", options.OneForAll, dataset.Problems, notes, Summary.Of(runs, options.OneForAll))
            {
                Ablations = [.. ablations.Select(t => new AblationSection(t.Number, t.Title, [.. t.Rows.Select(r => new AblationLine(r.Name, r.Label, r.Shots, r.Categories, r.Missing))], t.Notes))],
            };
            ReportFiles.Write(folder, report);
            HtmlReport.Write(folder, report, runs);
            return (report, new EvaluationCost(networks.NetworkTime, networks.Runs));
        }
        finally
        {
            foreach (IMethod method in methods) method.Dispose();
        }
    }
}
