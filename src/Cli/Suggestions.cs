using System.CommandLine;

namespace ClipFusion.Cli;

/// <summary>What somebody may have meant by a word that nothing knows.</summary>
internal static class Suggestions
{
    /// <summary><c>; did you mean 'run'?</c> for a word that is nearly a verb or an option of a command, else nothing.</summary>
    public static string For(Command command, string word)
    {
        IEnumerable<string> known = word.StartsWith('-') ? Options(command) : command.Subcommands.Select(c => c.Name);
        string? nearest = known.Where(k => Distance(word, k) <= Math.Max(1, k.Length / 3)).MinBy(k => Distance(word, k));
        return nearest is null ? "" : $"; did you mean '{nearest}'?";
    }

    /// <summary>A command's options and those that all commands have.</summary>
    public static IEnumerable<string> Options(Command command)
    {
        IEnumerable<Option> own = command.Options;
        for (
            Command? above = command.Parents.OfType<Command>().FirstOrDefault();
            above is not null;
            above = above.Parents.OfType<Command>().FirstOrDefault()
        )
            own = own.Concat(above.Options.Where(o => o.Recursive));
        return own.Where(o => !o.Hidden).Select(o => o.Name).Distinct();
    }

    /// <summary>Letters to be put in, left out, exchanged or swapped with their neighbour.</summary>
    private static int Distance(string a, string b)
    {
        int[,] d = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
            d[i, 0] = i;
        for (int j = 0; j <= b.Length; j++)
            d[0, j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            for (int j = 1; j <= b.Length; j++)
            {
                d[i, j] = Math.Min(Math.Min(d[i - 1, j], d[i, j - 1]) + 1, d[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
            }
        }

        return d[a.Length, b.Length];
    }
}
