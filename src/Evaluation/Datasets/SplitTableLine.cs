using System.Text;

namespace ClipFusion.Evaluation.Datasets;

/// <summary>A line of a table as spreadsheets save it: commas, semicolons or tabs between the cells, which may stand in quotes (RFC
/// 4180).</summary>
internal static class SplitTableLine
{
    private const char Quote = '"';

    private static readonly char[] Separators = [',', ';', '\t'];

    /// <summary>What stands between the cells of a table, by its first line.</summary>
    public static char SeparatorOf(string header) => Separators.MaxBy(s => header.AsSpan().Count(s));

    /// <summary>The cells without quotes and without space around them; null where a quote is not closed or is followed by text.</summary>
    public static string[]? Cells(string line, char separator)
    {
        var cells = new List<string>();
        for (int i = 0; i <= line.Length; i++)
        {
            int start = i;
            while (start < line.Length && line[start] == ' ')
                start++;
            if (start >= line.Length || line[start] != Quote)
            {
                int end = line.IndexOf(separator, i) is var found and >= 0 ? found : line.Length;
                cells.Add(line[i..end].Trim());
                i = end;
                continue;
            }

            var cell = new StringBuilder();
            for (i = start + 1; i < line.Length && (line[i] != Quote || (i + 1 < line.Length && line[i + 1] == Quote)); i++)
            {
                if (line[i] == Quote)
                    i++;
                cell.Append(line[i]);
            }

            if (i++ >= line.Length)
                return null;
            while (i < line.Length && line[i] == ' ')
                i++;
            if (i < line.Length && line[i] != separator)
                return null;
            cells.Add(cell.ToString().Trim());
        }

        return [.. cells];
    }
}
