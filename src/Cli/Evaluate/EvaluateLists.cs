using System.Collections.Immutable;
using System.Globalization;
using ClipFusion.Evaluation.Baselines;
using ClipFusion.Evaluation.Protocol;
using ClipFusion.Inspection.Recipes;

namespace ClipFusion.Cli.Evaluate;

/// <summary>Options that are lists with commas, each value once.</summary>
internal static class EvaluateLists
{
    /// <summary>The map size that is each picture's own.</summary>
    public const string Original = "original";

    private const string All = "all";

    /// <summary>As in a recipe.</summary>
    private const int MaxStates = 32;

    public static int[] Integers(string option, string text, int most) =>
        Parse<int>(
            option,
            text,
            $"whole numbers from 0 to {most}",
            part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value <= most ? value : null
        );

    public static double[] Rates(string option, string text) =>
        Parse<double>(
            option,
            text,
            "rates above 0 and at most 1",
            part =>
                double.TryParse(part, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value)
                && value is > 0 and <= 1
                    ? value
                    : null
        );

    public static bool IsAll(string text) => text.Equals(All, StringComparison.OrdinalIgnoreCase);

    public static Baseline[] Baselines(string option, string text) =>
        IsAll(text)
            ? [.. BaselineNames.All.Values]
            : Parse<Baseline>(
                option,
                text,
                $"{string.Join(", ", BaselineNames.All.Keys)}, or all",
                part => BaselineNames.All.TryGetValue(part, out Baseline baseline) ? baseline : null
            );

    /// <summary>The product's rows: profiles, and clipfusion with the backbone beside the paper's branches.</summary>
    public static (Profile[] Profiles, bool WithBackbone) Rows(string option, string text)
    {
        (string Name, Profile? Profile)[] rows =
        [
            .. ProfileNames.All.Select(p => (p.Name, (Profile?)p.Value)),
            (EvaluationOptions.WithBackbone, null),
        ];
        int[] chosen = Parse<int>(
            option,
            text,
            string.Join(", ", rows.Select(r => r.Name)),
            part => Array.FindIndex(rows, r => r.Name.Equals(part, StringComparison.OrdinalIgnoreCase)) is >= 0 and var row ? row : null
        );
        return ([.. chosen.Select(row => rows[row].Profile).OfType<Profile>()], chosen.Contains(rows.Length - 1));
    }

    public static string[] Texts(string option, string text)
    {
        string[] values = text.Split(',', StringSplitOptions.TrimEntries);
        return values.All(v => v.Length > 0) && values.Distinct().Count() == values.Length
            ? values
            : throw new UsageException($"{option} {text}: names are expected, with commas between them and each once");
    }

    public static int? MapSize(string option, string text)
    {
        if (text == Original)
            return null;
        return
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int size)
            && size is >= 1 and <= EvaluationOptions.MaxMapSize
            ? size
            : throw new UsageException($"{option} {text}: '{Original}' or 1 to {EvaluationOptions.MaxMapSize} pixels are expected");
    }

    /// <summary>Tables of the paper that vary the method, whose numbers of references <paramref name="shots"/> has to have.</summary>
    public static int[] Ablations(string option, string text, int[] shots)
    {
        string numbers = string.Join(", ", EvaluationOptions.AblationNumbers);
        int[] tables =
            text == All
                ? [.. EvaluationOptions.AblationNumbers]
                : Parse<int>(
                    option,
                    text,
                    $"'{All}' or tables of {numbers}",
                    part =>
                        int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int value)
                        && EvaluationOptions.AblationNumbers.Contains(value)
                            ? value
                            : null
                );
        if (!shots.Contains(1))
            throw new UsageException($"{option} {text}: the paper's tables are of one reference, so --k has to have 1");
        if (tables.Contains(4) && !shots.Contains(0))
            throw new UsageException($"{option} {text}: table 4 has a row without references, so --k has to have 0");
        return tables;
    }

    /// <summary>CATEGORY=STATE,... lists.</summary>
    public static Dictionary<string, ImmutableArray<string>> States(string option, string[] pairs) =>
        Words(option, pairs)
            .ToDictionary(
                p => p.Key,
                p =>
                    p.Value.Split(',', StringSplitOptions.TrimEntries) is var states
                    && states.All(s => s.Length > 0)
                    && states.Distinct(StringComparer.OrdinalIgnoreCase).Count() == states.Length
                    && states.Length <= MaxStates
                        ? states.ToImmutableArray()
                        : throw new UsageException(
                            $"{option} {p.Key}={p.Value}: 1 to {MaxStates} states are expected, with commas between them and each once"
                        ),
                StringComparer.Ordinal
            );

    /// <summary>CATEGORY=WORD pairs.</summary>
    public static Dictionary<string, string> Words(string option, string[] pairs)
    {
        var words = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string pair in pairs)
        {
            string[] parts = pair.Split('=', 2, StringSplitOptions.TrimEntries);
            if (parts is not [{ Length: > 0 } category, { Length: > 0 } word] || !words.TryAdd(category, word))
                throw new UsageException($"{option} {pair}: CATEGORY=WORD is expected, each category once");
        }

        return words;
    }

    private static T[] Parse<T>(string option, string text, string expected, Func<string, T?> parse)
        where T : struct
    {
        T?[] values = [.. text.Split(',', StringSplitOptions.TrimEntries).Select(parse)];
        if (values.Contains(null) || values.Distinct().Count() < values.Length)
            throw new UsageException($"{option} {text}: {expected} are expected, with commas between them and each once");
        return [.. values.Select(v => v!.Value)];
    }
}

/// <summary>Progress in words, at most one line a second.</summary>
internal sealed class ProgressLines(IProgress<string> lines) : IProgress<EvaluationProgress>
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private long _last;
    private bool _ended;

    public void Report(EvaluationProgress value)
    {
        lock (_gate)
        {
            if (_ended || (value.Done < value.Total && System.Diagnostics.Stopwatch.GetElapsedTime(_last) < Between))
                return;
            _last = System.Diagnostics.Stopwatch.GetTimestamp();
            _ended = value.Done == value.Total;
            Tell(value);
        }
    }

    private void Tell(EvaluationProgress value)
    {
        string left =
            value.Left is { } time && value.Done < value.Total ? $", {(value.IsLeast ? "more than" : "about")} {Span(time)} left" : "";
        lines.Report($"{value.What}: step {value.Done} of {value.Total}{left}");
    }

    private static string Span(TimeSpan time) =>
        time.TotalHours >= 1 ? $"{time.TotalHours:0.0} h"
        : time.TotalMinutes >= 1 ? $"{time.TotalMinutes:0} min"
        : $"{time.TotalSeconds:0} s";
}
