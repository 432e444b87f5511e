using ClipFusion.Foundation.Files;

namespace ClipFusion.Evaluation.Datasets;

/// <summary>VisA as it is published: a table says which picture is for what, with paths from the data set's root.</summary>
internal static class VisaLayout
{
    /// <summary>The split that one-class methods are compared on.</summary>
    public static readonly string SplitFile = Path.Combine("split_csv", "1cls.csv");

    private const int MaxRows = 1_000_000,
        MaxBytes = 256 << 20;

    private static readonly string[] Columns = ["object", "split", "label", "image", "mask"];

    public static IEnumerable<Category> Read(DatasetFiles files)
    {
        string table = Path.Combine(files.Root, SplitFile);
        if (!File.Exists(table))
            throw new DatasetException($"{table}: there is no such file; VisA's split table is expected");
        return [.. Rows(files, table).GroupBy(r => r.Object, StringComparer.Ordinal).Select(g => ToCategory(files, g.Key, [.. g]))];
    }

    private static Category ToCategory(DatasetFiles files, string name, Row[] rows)
    {
        IReadOnlyList<ReferenceImage> references = files.References(
            rows.Where(r => r.IsTrain).Select(r => r.Image).Order(StringComparer.Ordinal)
        );
        TestImage[] test =
        [
            .. rows.Where(r => !r.IsTrain)
                .OrderBy(r => r.IsAnomaly)
                .ThenBy(r => r.Image, StringComparer.Ordinal)
                .Select(r => files.Test(r.Image, r.IsAnomaly ? "anomaly" : TestImage.Good, MaskOf(files, r) is { } mask ? [mask] : []))
                .OfType<TestImage>(),
        ];
        return new Category(name, ObjectWords.Of(name), references, test);
    }

    private static string? MaskOf(DatasetFiles files, Row row)
    {
        if (row.IsAnomaly && row.Mask is null)
            files.Problem(row.Image, "the split table names no mask; the picture counts for the image metrics only");
        return row.Mask;
    }

    private static List<Row> Rows(DatasetFiles files, string table)
    {
        using var lines = new StringReader(RegularFile.ReadAllText(table, MaxBytes));
        string first = lines.ReadLine() is { } line1 ? line1.Trim('\uFEFF', ' ') : "";
        char separator = SplitTableLine.SeparatorOf(first);
        string[] header = SplitTableLine.Cells(first, separator) ?? [];
        int[] places = [.. Columns.Select(c => Array.FindIndex(header, h => h.Equals(c, StringComparison.OrdinalIgnoreCase)))];
        if (places.Contains(-1))
            throw new DatasetException($"{table}: the first line is '{first}'; the columns {string.Join(", ", Columns)} are expected");
        var rows = new List<Row>();
        for (int number = 2; lines.ReadLine() is { } line; number++)
        {
            if (number > MaxRows)
                throw new DatasetException($"{table}: more than {MaxRows} rows; VisA has about 11,000");
            if (string.IsNullOrWhiteSpace(line))
                continue;
            string[] cells = SplitTableLine.Cells(line, separator) ?? [];
            if (cells.Length != header.Length || Row.Of([.. places.Select(p => cells[p])], files.Root) is not { } row)
                files.Problem(
                    table,
                    $"line {number} is '{line}'; object, train or test, normal or anomaly, a picture and for an anomaly its mask are "
                        + "expected; left out"
                );
            else
                rows.Add(row);
        }

        return rows;
    }

    private sealed record Row(string Object, bool IsTrain, bool IsAnomaly, string Image, string? Mask)
    {
        public static Row? Of(string[] cells, string root)
        {
            if (cells is not [{ Length: > 0 } name, var split, var label, { Length: > 0 } image, var mask])
                return null;
            (split, label) = (split.ToLowerInvariant(), label.ToLowerInvariant());
            if (split is not ("train" or "test") || label is not ("normal" or "anomaly"))
                return null;
            // Only good pictures may be references.
            if (split == "train" && label == "anomaly")
                return null;
            return new Row(name, split == "train", label == "anomaly", PathOf(image, root), mask.Length > 0 ? PathOf(mask, root) : null);
        }

        /// <summary>A table that was saved on Windows has backslashes.</summary>
        private static string PathOf(string cell, string root) =>
            Path.GetFullPath(
                cell.Contains('\\', StringComparison.Ordinal) && !File.Exists(Path.GetFullPath(cell, root))
                    ? cell.Replace('\\', '/')
                    : cell,
                root
            );
    }
}
