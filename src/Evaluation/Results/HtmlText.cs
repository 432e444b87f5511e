using System.Globalization;
using System.Net;
using System.Text;

namespace ClipFusion.Evaluation.Results;

/// <summary>Pieces of an HTML page; every text is escaped here.</summary>
internal static class HtmlText
{
    public static string Text(string text) => WebUtility.HtmlEncode(text);

    /// <summary>A table whose first columns are words and whose others are numbers.</summary>
    public static void Table(StringBuilder html, IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows, int words = 1)
    {
        html.Append("<div class=\"wide\"><table><thead><tr>")
            .AppendJoin("", columns.Select(c => $"<th>{Text(c)}</th>"))
            .Append("</tr></thead><tbody>\n");
        foreach (IReadOnlyList<string> row in rows)
            html.Append("<tr>")
                .AppendJoin("", row.Select((c, i) => i < words ? $"<th scope=\"row\">{Text(c)}</th>" : $"<td>{Text(c)}</td>"))
                .Append("</tr>\n");
        html.Append("</tbody></table></div>\n");
    }

    public static void Figure(StringBuilder html, string content, string caption) =>
        html.Append(CultureInfo.InvariantCulture, $"<figure>{content}<figcaption>{Text(caption)}</figcaption></figure>\n");

    public static void List(StringBuilder html, string title, IEnumerable<string> lines)
    {
        string[] all = [.. lines];
        if (all.Length == 0)
            return;
        html.Append(CultureInfo.InvariantCulture, $"<h2>{Text(title)}</h2>\n<ul>")
            .AppendJoin("", all.Select(l => $"<li>{Text(l)}</li>\n"))
            .Append("</ul>\n");
    }

    public static string Percent(double value) => (100 * value).ToString("0.0", CultureInfo.InvariantCulture);

    public static string Number(double value) => value.ToString("0.0000", CultureInfo.InvariantCulture);

    public static string Count(int value) => value.ToString(CultureInfo.InvariantCulture);
}
