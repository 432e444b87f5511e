using ClipFusion.Evaluation.Ablations;
using ClipFusion.Evaluation.Baselines;
using ClipFusion.Evaluation.Datasets;
using ClipFusion.Evaluation.Methods;
using ClipFusion.Evaluation.Results;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;
using ClipFusion.OnnxInference.Providers;

namespace ClipFusion.Evaluation.Protocol;

/// <summary>What an evaluation cost: nothing of it is in the result files.</summary>
/// <param name="Networks">Time inside the networks.</param>
/// <param name="NetworkRuns">How often they ran; 0 where everything was there.</param>
public sealed record EvaluationCost(TimeSpan Networks, int NetworkRuns);

/// <summary>An evaluation from data set to tables.</summary>
public static class EvaluationSession
{
    /// <summary>Makes the runs that are missing and writes the tables anew. Ended at any point and started again, it ends with the same
    /// bytes.</summary>
    /// <param name="dataset">What to judge.</param>
    /// <param name="pack">The networks; shared, not owned.</param>
    /// <param name="options">What to compute.</param>
    /// <param name="folder">Receives runs, heatmaps, tables and the report; made where it is missing.</param>
    /// <param name="store">Folder of the networks' outputs; made where it is missing.</param>
    /// <param name="progress">Told of every step; null for silence.</param>
    /// <param name="cancellation">Ends it; what is done stays.</param>
    /// <exception cref="ArgumentException">The recipe asks for what the pack or an evaluation does not have.</exception>
    public static (EvaluationReport Report, EvaluationCost Cost) Run(
        Dataset dataset,
        ModelPack pack,
        EvaluationOptions options,
        string folder,
        string store,
        IProgress<EvaluationProgress>? progress = null,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Recipe.Region is not null || options.Recipe.Ignore is not null)
            throw new ArgumentException(
                "the recipe has a region or an ignore mask, which fit one camera's frames; an evaluation judges whole pictures",
                nameof(options)
            );
        dataset.EnsureRuns(options.Shots);
        var tables = new AblationTables(options.Recipe, pack.Manifest, dataset, options.OwnStates);
        AblationTable[] ablations = [.. options.Ablations.Order().Select(tables.Of)];
        AblationRow[] varied = [.. ablations.SelectMany(t => t.Rows).Where(r => r.Missing is null)];
        string[] ran = RunOn(pack, GraphsOf(options, varied, pack.Manifest), cancellation);
        // A graph of its own is told apart on its own: what the others gave stays.
        string[] partsRan = varied.Any(r => r.Parts is not null) ? RunOn(pack, [GraphNames.MapDiffParts], cancellation) : [];
        var networks = new NetworkStore(store, pack, ran);
        bool fewShot = options.Shots.Any(k => k > 0);
        List<IMethod> methods =
        [
            .. RowsOf(options, pack.Manifest)
                .Select(r => new ClipFusionMethod(pack, r.Networks, r.Rows, networks, fewShot, options.Threads)),
        ];
        methods.AddRange(options.Baselines.SelectMany(b => BaselineMethods.Of(b, pack, options, networks)));
        if (options.Backbone is { } backbone)
            methods.Add(new PatchCoreMethod(new BackbonePatches(backbone, options.Recipe, networks), options.Coreset));
        if (options.PadimBackbone is { } convolutions)
            methods.Add(new PadimMethod(new PadimLayers(convolutions, options.PadimChannels, options.Recipe, networks)));
        methods.AddRange(ablations.SelectMany(t => AblationMethod.Of(t, pack, networks, string.Join("; ", partsRan), options.Threads)));
        try
        {
            if (
                !dataset.Categories.Any(c =>
                    options.Shots.Any(k => k <= c.MostShots && methods.Any(m => m.Covers(c.Name) && m.Supports(k)))
                )
            )
                throw new ArgumentException(
                    $"no row can be made with {string.Join(", ", options.Shots)} references: "
                        + $"{string.Join(", ", methods.SelectMany(m => m.Rows))} can't judge with so many",
                    nameof(options)
                );
            foreach (Category category in dataset.Categories)
            foreach (IMethod method in methods.Where(m => m.Covers(category.Name)))
                method.EnsurePrompts(category.ObjectWord);
            using var evaluator = new Evaluator(dataset, options, methods, networks.Contents, folder);
            IReadOnlyList<RunRecord> runs = evaluator.Run(progress, cancellation);
            string[] notes =
            [
                .. dataset.Notes.Select(n => $"{n.Id}: {n.What}"),
                .. dataset.ShotsLeftOut(options.Shots),
                .. options.Backbone is { } other
                    ?
                    [
                        $"patchcore-{other.Name}: its weights are those of {Path.GetFileName(other.Options.File)}; whether they are "
                            + "random or trained is not known",
                    ]
                    : (string[])[],
                .. BaselineNotes(options, pack.Manifest),
                .. ran,
                .. partsRan,
                .. ablations.SelectMany(t =>
                    t.Rows.Where(r => r.Missing is not null)
                        .Select(r => $"table {t.Number}: {r.Name} ({r.Label}) was not made: {r.Missing}")
                ),
                .. runs.SelectMany(r => r.Notes.Select(n => $"{r.Category}, {n}")).Distinct(),
            ];
            var report = new EvaluationReport(
                dataset.Name,
                dataset.Layout,
                pack.Manifest.Name,
                (options.Recipe with { Object = "object", Profile = Profile.ClipFusion }).Revision,
                options.MapSize is { } size ? FormattableString.Invariant($"{size}") : "original",
                options.OneForAll,
                dataset.Problems,
                notes,
                Summary.Of(runs, options.OneForAll)
            )
            {
                Weights = pack.Manifest.KnownWeights,
                OtherWeights = OtherWeights(options, pack.Manifest),
                Counts = dataset.Counts,
                Categories =
                [
                    .. dataset.Categories.Select(c => new CategoryCounts(c.Name, c.References.Count, c.Test.Count, c.Defective, c.Masked)),
                ],
                Ablations =
                [
                    .. ablations.Select(t => new AblationSection(
                        t.Number,
                        t.Title,
                        [.. t.Rows.Select(r => new AblationLine(r.Name, r.Label, r.Shots, r.Categories, r.Missing))],
                        t.Notes
                    )),
                ],
            };
            ReportFiles.Write(folder, report);
            HtmlReport.Write(folder, report, runs);
            return (report, new EvaluationCost(networks.NetworkTime, networks.Runs));
        }
        finally
        {
            foreach (IMethod method in methods)
                method.Dispose();
        }
    }

    /// <summary>Which networks run on what, where that is not the CPU alone. There all that are needed are opened first: what they say
    /// depends on who runs them.</summary>
    private static string[] RunOn(ModelPack pack, IReadOnlyCollection<string> graphs, CancellationToken cancellation) =>
        pack.IsAccelerated
            ?
            [
                .. pack.OpenBest(graphs, cancellation)
                    .GroupBy(d => d.Provider)
                    .OrderBy(g => g.Key)
                    .Select(g => $"on {ProviderNames.Text(g.Key)}: {string.Join(", ", g.Select(d => d.Graph))}"),
            ]
            : [];

    /// <summary>What has to be known before a row is compared with the paper's figure.</summary>
    private static IEnumerable<string> BaselineNotes(EvaluationOptions options, PackManifest pack)
    {
        foreach (string line in options.LeftOut)
            yield return line;
        if (options.PadimBackbone is { } padim)
            yield return $"padim: its weights are those of {Path.GetFileName(padim.Options.File)}"
                + (padim.Weights == PackWeights.Unknown ? "; whether they are random or trained is not known" : "")
                + "; the paper's figures are of another network (WideResNet-50)";
        else if (options.Baselines.Contains(Baseline.Padim) && pack.Backbone is { } backbone)
            yield return $"padim: on the features of the pack's backbone ({backbone.Kind}), of length 1; the paper's figures are of "
                + "another network (WideResNet-50)";
        string[] rows =
        [
            .. options.Baselines.Contains(Baseline.ClipAc) ? ["clip-ac"] : (string[])[],
            .. options.Baselines.Contains(Baseline.MaskClip) ? ["maskclip"] : (string[])[],
            .. options.Baselines.Contains(Baseline.TransMm) ? ["trans-mm"] : (string[])[],
        ];
        if (rows.Length > 0)
            yield return $"{string.Join(", ", rows)}: the paper's figures are WinCLIP's, whose texts, temperature and resolution for these "
                + "methods are not published";
        if (options.Baselines.Contains(Baseline.PromptAd))
            yield return "promptad: the paper's figures are of ViT-B-16-plus-240, of pictures whose colours came in the wrong order, and "
                + "of the epoch that was best on the test set; promptad-clean is the method as it was meant";
        if (options.Baselines.Contains(Baseline.Iipad))
            yield return "iipad: the paper's figures are of ViT-L/14 with BLIP-Diffusion's Q-Former";
    }

    private static Dictionary<string, PackWeights> OtherWeights(EvaluationOptions options, PackManifest pack)
    {
        var weights = new Dictionary<string, PackWeights>(StringComparer.Ordinal);
        if (pack.Backbone is not null)
            weights.Add(ProfileNames.Of(Profile.Backbone), pack.BackboneWeights);
        // Of a network of one's own nothing is known.
        if (options.Backbone is { } own)
            weights.Add($"patchcore-{own.Name}", PackWeights.Unknown);
        if (options.PadimBackbone is not null)
            weights.Add(PadimLayers.RowName, options.PadimBackbone.Weights);
        else if (options.Baselines.Contains(Baseline.Padim) && pack.Backbone is not null)
            weights.Add(PadimLayers.RowName, pack.BackboneWeights);
        return weights;
    }

    private static IEnumerable<ProductRows> RowsOf(EvaluationOptions options, PackManifest pack) =>
        ProductRows.Of(options.Recipe, options.Profiles, options.ClipFusionWithBackbone, pack);

    private static HashSet<string> GraphsOf(EvaluationOptions options, AblationRow[] varied, PackManifest pack)
    {
        HashSet<string> graphs = [.. varied.SelectMany(r => Inspector.GraphsOf(r.Networks, hasReferences: true))];
        foreach (RecipeRow row in RowsOf(options, pack).SelectMany(r => r.Rows))
            graphs.UnionWith(Inspector.GraphsOf(row.Recipe, options.Shots.Any(k => k > 0)));
        foreach (Baseline baseline in options.Baselines)
            graphs.UnionWith(BaselineMethods.GraphsOf(baseline, pack));
        return graphs;
    }
}
