using System.Globalization;

namespace ClipFusion.Cli.Models;

/// <summary>Block numbers on the command line.</summary>
internal static class BlockNumbers
{
    /// <summary>Reads <c>6,9</c>; null where there is nothing.</summary>
    /// <exception cref="UsageException">Something else than numbers from 1.</exception>
    public static int[]? Parse(string option, string? text)
    {
        if (text is null)
            return null;
        int[] blocks =
        [
            .. text.Split(',')
                .Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int block) ? block : 0),
        ];
        return blocks.All(b => b > 0)
            ? blocks
            : throw new UsageException($"{option} {text}: block numbers from 1 with commas between them are expected, for example 6,9");
    }
}
