using ClipFusion.Evaluation.Datasets;
using ClipFusion.Evaluation.Methods;
using ClipFusion.Evaluation.Results;
using ClipFusion.Foundation.Files;
using ClipFusion.Imaging;
using ClipFusion.Models.Tokenizer;

namespace ClipFusion.Evaluation.Protocol;

/// <summary>
/// The protocol: for every category, number of shots and seed, references are drawn from the good training pictures, the test set is judged
/// against them, and metrics are computed. Every run that is done lies in a file; an evaluation that was ended goes on where it was.
/// </summary>
internal sealed class Evaluator(
    Dataset dataset,
    EvaluationOptions options,
    IReadOnlyList<IMethod> methods,
    FileContents contents,
    string folder
) : IDisposable
{
    private const string ThroughNetworks = "networks";

    private readonly RunFiles _files = new(Path.Combine(folder, "runs"));
    private readonly Heatmaps _heatmaps = new(folder);
    private readonly RunScorer _scorer = new(options.MapSize, options.ProLimits, options.Threads);
    private readonly Dictionary<string, string> _unusable = new(StringComparer.Ordinal);

    /// <summary>Makes every run that is not there yet.</summary>
    /// <returns>All runs, by category, method, shots and seed.</returns>
    public IReadOnlyList<RunRecord> Run(IProgress<EvaluationProgress>? progress, CancellationToken cancellation)
    {
        AtomicFile.DeleteLeftOvers(Directory.CreateDirectory(folder).FullName, recursive: true);
        var steps = new StepCounter(progress, TimeProvider.System);
        foreach (Category category in dataset.Categories)
        {
            foreach ((Picture picture, _) in PicturesOf(category))
            foreach (IMethod method in methods.Where(m => m.Covers(category.Name)))
                method.EnsurePrompts(picture);
            steps.Plan(ThroughNetworks, PicturesOf(category).Count());
            foreach (Draw draw in Draws(category))
            foreach (IMethod method in MethodsOf(category, draw))
                steps.Plan(Kind(method, draw), category.Test.Count);
        }

        var runs = new List<RunRecord>();
        // In one bank for all, a run needs every category's references.
        foreach (Category category in dataset.Categories)
        {
            foreach ((Picture picture, PictureRole role) in PicturesOf(category))
            {
                cancellation.ThrowIfCancellationRequested();
                steps.Begin(ThroughNetworks, $"{category.Name}: pictures through the networks", 1);
                Prepare(category, picture, role, cancellation);
                steps.End();
            }

            if (!options.OneForAll)
                Judge(category);
        }

        foreach (Category category in options.OneForAll ? dataset.Categories : [])
            Judge(category);
        return
        [
            .. runs.OrderBy(r => r.Category, StringComparer.Ordinal)
                .ThenBy(r => r.Method, StringComparer.Ordinal)
                .ThenBy(r => r.Shots)
                .ThenBy(r => r.Seed),
        ];

        void Judge(Category category)
        {
            foreach (Draw draw in Draws(category))
            {
                foreach (IMethod method in MethodsOf(category, draw))
                {
                    steps.Begin(
                        Kind(method, draw),
                        $"{category.Name}: {method.Rows[0]}, {draw.Shots} shots, seed {draw.Seed}",
                        category.Test.Count
                    );
                    (IReadOnlyList<RunRecord> made, bool wasThere) = Runs(category, draw, method, steps, cancellation);
                    runs.AddRange(made);
                    steps.End(measured: !wasThere);
                }
            }
        }
    }

    public void Dispose() => _scorer.Dispose();

    private IEnumerable<IMethod> MethodsOf(Category category, Draw draw) =>
        methods.Where(m => m.Covers(category.Name) && m.Supports(draw.Shots));

    /// <summary>Runs that take about the same time a picture.</summary>
    private static string Kind(IMethod method, Draw draw) => $"{method.Rows[0]} {draw.Shots}";

    /// <summary>The draws of a category; zero-shot is one, whatever the seeds. More shots than pictures are none.</summary>
    private IEnumerable<Draw> Draws(Category category)
    {
        foreach (int shots in options.Shots.Where(k => k <= category.MostShots))
        {
            foreach (int seed in shots == 0 ? [0] : options.Seeds)
                yield return new Draw(
                    shots,
                    seed,
                    shots == 0 || seed == options.Seeds.Min(),
                    ReferenceSampler.Draw(category.References.Count, shots, seed, category.Name)
                );
        }
    }

    private IEnumerable<(Picture Picture, PictureRole Role)> PicturesOf(Category category) =>
        [
            .. Draws(category)
                .SelectMany(d => d.Indices)
                .Distinct()
                .Order()
                .Select(i => (Of(category.References[i], category), PictureRole.Reference)),
            .. category.Test.Select(t => (Of(t, category), PictureRole.Query)),
        ];

    private static Picture Of(ReferenceImage image, Category category) => new(image.Path, image.Id, category.ObjectWord);

    private static Picture Of(TestImage image, Category category) => new(image.Path, image.Id, category.ObjectWord);

    private void Prepare(Category category, Picture picture, PictureRole role, CancellationToken cancellation)
    {
        try
        {
            foreach (IMethod method in methods.Where(m => m.Covers(category.Name)))
                method.Prepare(picture, role, cancellation);
        }
        catch (Exception e) when (e is ImageFormatException or (ArgumentException and not PromptTooLongException))
        {
            _unusable[picture.Id] = e.Message.Replace(picture.Path, picture.Id, StringComparison.Ordinal);
        }
    }

    private (IReadOnlyList<RunRecord> Runs, bool WereThere) Runs(
        Category category,
        Draw draw,
        IMethod method,
        StepCounter steps,
        CancellationToken cancellation
    )
    {
        (Category From, int Index)[] drawn =
        [
            .. (options.OneForAll && draw.Shots > 0 ? dataset.Categories : [category]).SelectMany(c =>
                c == category
                    ? draw.Indices.Select(i => (c, i))
                    : ReferenceSampler
                        .Draw(c.References.Count, Math.Min(draw.Shots, c.References.Count), draw.Seed, c.Name)
                        .Select(i => (c, i))
            ),
        ];
        Picture[] references = [.. drawn.Select(d => Of(d.From.References[d.Index], d.From))];
        HashSet<string> taken = [.. references.Select(r => r.Id)];
        TestImage[] test = [.. category.Test.Where(t => !taken.Contains(t.Id) && !_unusable.ContainsKey(t.Id))];
        string fingerprint = Fingerprint.Of(method.Fingerprint(category.ObjectWord), options, references, category.Test, contents);
        RunRecord?[] found = [.. method.Rows.Select(row => _files.Find(category.Name, row, draw.Shots, draw.Seed, fingerprint))];
        if (found.All(r => r is not null))
            return (found!, true);

        // With one reference less the run would be of another kind, zero-shot even.
        if (references.FirstOrDefault(r => _unusable.ContainsKey(r.Id)) is { } bad)
            throw new DatasetException(
                $"{bad.Id}: drawn as a reference, but it can't be used: {_unusable[bad.Id]}; take it out of the data set"
            );
        Func<Picture, Judgement[]> judge = method.Enroll(category.ObjectWord, draw.Shots, references, cancellation);
        var judgements = new Judgement[test.Length][];
        InOrder.For(
            test.Length,
            options.Threads,
            i =>
            {
                judgements[i] = judge(Of(test[i], category));
                steps.Step();
            }
        );
        string[] left =
        [
            .. category.Test.Where(t => _unusable.ContainsKey(t.Id)).Select(t => $"{t.Id} can't be judged: {_unusable[t.Id]}"),
        ];
        var runs = new List<RunRecord>();
        for (int row = 0; row < method.Rows.Count; row++)
        {
            cancellation.ThrowIfCancellationRequested();
            JudgedImage[] judged = [.. test.Zip(judgements, (t, j) => new JudgedImage(t, j[row]))];
            RunScores scores = _scorer.Score(judged);
            // Of several seeds one is looked at; the pictures are there before the run's file is.
            DrawnHeatmaps heatmaps = draw.IsFirst
                ? _heatmaps.Draw(judged, $"{category.Name}/{method.Rows[row]}-k{draw.Shots}")
                : DrawnHeatmaps.None;
            var run = new RunRecord(
                fingerprint,
                category.Name,
                category.ObjectWord,
                method.Rows[row],
                draw.Shots,
                draw.Seed,
                [.. drawn.Zip(references, (d, r) => new DrawnReference(d.Index, r.Id))],
                scores.Metrics,
                [.. left, .. scores.Notes],
                scores.Curves,
                [.. judged.Select(j => heatmaps.Of(j.Image, j.Judgement.Score))],
                heatmaps.Scale
            );
            _files.Write(run);
            runs.Add(run);
        }

        return (runs, false);
    }

    private sealed record Draw(int Shots, int Seed, bool IsFirst, int[] Indices);
}
