using System.ComponentModel;
using System.Reflection;
using System.Text;

namespace ClipFusion.EdgeDaemon.Domain;

/// <summary>Every code with its number, text and meaning: what <c>docs/codes.md</c> says.</summary>
internal static class CodeTable
{
    private const string Intro = """
        # Codes

        Why something was not judged or not accepted. Made from the enum `Code`: change that, then regenerate this file (a test says how).
        Numbers and texts are for programs: a number is never given to anything else, a text never changes.

        """;

    /// <summary>The meaning of a code in a few words, for people.</summary>
    public static string Describe(Code code) =>
        typeof(Code).GetField(code.ToString())?.GetCustomAttribute<DescriptionAttribute>()?.Description ?? "";

    /// <summary>The whole page, with a line feed at the end of every line.</summary>
    public static string ToMarkdown()
    {
        var page = new StringBuilder(Intro);
        Section(
            page,
            "Reasons",
            "`reason` of a verdict that is `NOT_JUDGED`; as three digits in `verdict/simple`.",
            code => !code.IsRefusal()
        );
        Section(
            page,
            "Refusals",
            "`code` of an ack whose trigger or command was not taken; as three digits in `trigger/ack/simple`.",
            code => code.IsRefusal()
        );
        return page.ToString();
    }

    private static void Section(StringBuilder page, string title, string intro, Func<Code, bool> belongs)
    {
        page.Append('\n')
            .Append("## ")
            .Append(title)
            .Append("\n\n")
            .Append(intro)
            .Append("\n\n| number | text | meaning |\n| --- | --- | --- |\n");
        foreach (Code code in Enum.GetValues<Code>().Where(belongs).Order())
        {
            page.Append("| ")
                .Append(code.ToDigits())
                .Append(" | `")
                .Append(code.ToText())
                .Append("` | ")
                .Append(Describe(code))
                .Append(" |\n");
        }
    }
}
