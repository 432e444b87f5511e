namespace ClipFusion.Evaluation.Results;

/// <summary>One figure of the tables.</summary>
/// <param name="Category">The category, or "mean" for the plain mean over categories.</param>
/// <param name="Method">The row's method.</param>
/// <param name="Shots">References per category.</param>
/// <param name="Metric">One of <see cref="MetricColumns"/>.</param>
/// <param name="Mean">Mean over the seeds, 0..1.</param>
/// <param name="Deviation">Standard deviation over the seeds (of the population: divided by their number).</param>
/// <param name="Seeds">How many runs went in.</param>
/// <param name="Categories">How many categories went in; a category where the metric is not defined does not.</param>
/// <param name="Published">The paper's figure, or null.</param>
public sealed record Figure(
    string Category,
    string Method,
    int Shots,
    string Metric,
    double Mean,
    double Deviation,
    int Seeds,
    int Categories,
    double? Published
)
{
    /// <summary>Ours minus the paper's.</summary>
    public double? Difference => Mean - Published;
}

/// <summary>Runs become figures: per category the mean over seeds; over all, per seed the plain mean over categories, then mean and
/// deviation over seeds.</summary>
public static class Summary
{
    /// <summary>All figures, by method, shots, category (the mean last) and metric.</summary>
    /// <param name="runs">Every run of an evaluation.</param>
    /// <param name="oneForAll">Whether all categories shared a bank.</param>
    public static IReadOnlyList<Figure> Of(IReadOnlyList<RunRecord> runs, bool oneForAll)
    {
        ArgumentNullException.ThrowIfNull(runs);
        string[] categories = [.. runs.Select(r => r.Category).Distinct().Order(StringComparer.Ordinal)];
        string? published = PublishedFigures.DatasetOf(categories);
        bool whole = published is not null && PublishedFigures.IsWhole(published, categories);
        var figures = new List<Figure>();
        foreach (IGrouping<(string Method, int Shots), RunRecord> row in runs.GroupBy(r => (r.Method, r.Shots)).OrderBy(g => g.Key))
        {
            foreach (string category in categories)
                figures.AddRange(Figures(row.Key, category, [.. row.Where(r => r.Category == category)], published));
            if (categories.Length > 1)
                figures.AddRange(Figures(row.Key, PublishedFigures.Mean, [.. row], whole ? published : null));
        }

        return figures;

        IEnumerable<Figure> Figures((string Method, int Shots) row, string category, RunRecord[] of, string? compareWith) =>
            from metric in of.SelectMany(r => r.Metrics.Keys).Distinct()
            let defined = of.Where(r => r.Metrics.ContainsKey(metric)).ToArray()
            let seeds = defined.GroupBy(r => r.Seed).OrderBy(s => s.Key).Select(s => s.Average(r => r.Metrics[metric])).ToArray()
            select new Figure(
                category,
                row.Method,
                row.Shots,
                metric,
                seeds.Average(),
                Deviation(seeds),
                seeds.Length,
                defined.Select(r => r.Category).Distinct().Count(),
                compareWith is null ? null : PublishedFigures.Find(compareWith, oneForAll, metric, row.Method, row.Shots, category)
            );
    }

    private static double Deviation(double[] values)
    {
        double mean = values.Average();
        return Math.Sqrt(values.Average(v => (v - mean) * (v - mean)));
    }
}
