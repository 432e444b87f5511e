using System.Globalization;

namespace ClipFusion.Evaluation.Results;

/// <summary>
/// The paper's figures, from its tables 1 and 12 to 21, and 3 to 6 and 9 to 11 ("CLIP Meets Diffusion: A Synergistic Approach to Anomaly
/// Detection"); the table is named in each row of <c>PublishedFigures.csv</c> and <c>AblationFigures.csv</c>, whose methods are rows of
/// those tables. Its "AUPR" of images is average precision, that of one-for-all segmentation is AUPRO; AUPRO is taken to be integrated to
/// 0.3.
/// </summary>
internal static class PublishedFigures
{
    /// <summary>What stands for the mean over a data set's categories.</summary>
    public const string Mean = "mean";

    private static readonly Dictionary<Key, double> Figures = [];
    private static readonly Dictionary<string, HashSet<string>> Categories = [];

    static PublishedFigures()
    {
        foreach (string[] cells in Lines("PublishedFigures.csv").Concat(Lines("AblationFigures.csv")))
        {
            Figures.Add(
                new Key(
                    cells[0],
                    cells[1] == "one-for-all",
                    cells[2],
                    cells[3],
                    int.Parse(cells[4], CultureInfo.InvariantCulture),
                    cells[5]
                ),
                (double)(decimal.Parse(cells[6], CultureInfo.InvariantCulture) / 100)
            );
            if (cells[5] == Mean)
                continue;
            if (!Categories.TryGetValue(cells[0], out HashSet<string>? names))
                Categories[cells[0]] = names = new(StringComparer.Ordinal);
            names.Add(cells[5]);
        }
    }

    /// <summary>The published data set that all these categories are of; null for none.</summary>
    public static string? DatasetOf(IReadOnlyCollection<string> categories) =>
        Categories.Keys.Order(StringComparer.Ordinal).FirstOrDefault(d => categories.Count > 0 && categories.All(Categories[d].Contains));

    /// <summary>Whether these are all of a published data set's categories, so that their mean can be compared.</summary>
    public static bool IsWhole(string dataset, IReadOnlyCollection<string> categories) => Categories[dataset].SetEquals(categories);

    /// <summary>A figure, 0..1; null where the paper has none.</summary>
    public static double? Find(string dataset, bool oneForAll, string metric, string method, int shots, string category) =>
        Figures.TryGetValue(new Key(dataset, oneForAll && shots > 0, metric, method, shots, category), out double value) ? value : null;

    private static IEnumerable<string[]> Lines(string name)
    {
        using Stream stream = typeof(PublishedFigures).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        reader.ReadLine();
        while (reader.ReadLine() is { } line)
            yield return line.Split(',');
    }

    private readonly record struct Key(string Dataset, bool OneForAll, string Metric, string Method, int Shots, string Category);
}
