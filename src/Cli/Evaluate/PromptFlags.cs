using System.CommandLine;
using ClipFusion.Evaluation.Baselines;
using ClipFusion.Evaluation.Baselines.Learned;
using ClipFusion.Evaluation.Protocol;

namespace ClipFusion.Cli.Evaluate;

/// <summary>Prompts that were learned elsewhere, and the methods that need them.</summary>
internal sealed class PromptFlags : IDisposable
{
    private static readonly Dictionary<string, Baseline> Methods = BaselineNames
        .All.Where(b => b.Value is Baseline.PromptAd or Baseline.Iipad)
        .ToDictionary(b => b.Key, b => b.Value, StringComparer.OrdinalIgnoreCase);

    private static readonly Option<string[]> Files = new("--prompts")
    {
        Description = $"Prompts that {string.Join(" and ", Methods.Keys)} learned elsewhere, a safetensors file each. May be repeated.",
        HelpName = "METHOD=FILE",
    };

    private readonly PromptAdFile? _promptAd;
    private readonly IipadFile? _iipad;

    private PromptFlags(string? promptAd, string? iipad)
    {
        try
        {
            _promptAd = promptAd is null ? null : PromptAdFile.Open(promptAd);
            _iipad = iipad is null ? null : IipadFile.Open(iipad);
        }
        catch (PromptFileException e)
        {
            Dispose();
            throw Usage(e);
        }
    }

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Option> All { get; } = [Files];

    /// <summary>Opens the files that are given.</summary>
    /// <exception cref="UsageException">One can't be read, or belongs to no method.</exception>
    public static PromptFlags Open(ParseResult parsed)
    {
        Dictionary<Baseline, string> given = [];
        foreach (string pair in parsed.GetValue(Files) ?? [])
            if (
                pair.Split('=', 2, StringSplitOptions.TrimEntries) is not [var name, { Length: > 0 } file]
                || !Methods.TryGetValue(name, out Baseline method)
                || !given.TryAdd(method, file)
            )
                throw new UsageException(
                    $"{Files.Name} {pair}: {string.Join(" or ", Methods.Keys.Select(m => $"{m}=FILE"))} is expected, each once"
                );
        return new PromptFlags(given.GetValueOrDefault(Baseline.PromptAd), given.GetValueOrDefault(Baseline.Iipad));
    }

    /// <summary>An evaluation with these prompts.</summary>
    /// <param name="options">What was asked for.</param>
    /// <param name="all">Whether every method was, so that what lacks prompts is left out.</param>
    /// <exception cref="UsageException">A method lacks its prompts, or prompts their method.</exception>
    public EvaluationOptions Complete(EvaluationOptions options, bool all)
    {
        List<string> leftOut = [];
        foreach ((string name, Baseline method) in Methods)
        {
            bool isGiven = method == Baseline.PromptAd ? _promptAd is not null : _iipad is not null,
                isWanted = options.Baselines.Contains(method);
            if (isGiven && !isWanted)
                throw new UsageException($"{Files.Name} {name}=FILE: belongs to --baselines {name}, which is expected too");
            if (!isWanted || isGiven)
                continue;
            string reason = $"{name}: needs prompts that were learned elsewhere ({Files.Name} {name}=FILE)";
            if (!all)
                throw new UsageException($"--baselines {reason}");
            leftOut.Add($"{reason}, so it was left out");
        }

        return options with
        {
            PromptAd = _promptAd,
            Iipad = _iipad,
            LeftOut = leftOut,
            Baselines =
            [
                .. options.Baselines.Where(b =>
                    b switch
                    {
                        Baseline.PromptAd => _promptAd is not null,
                        Baseline.Iipad => _iipad is not null,
                        _ => true,
                    }
                ),
            ],
        };
    }

    /// <summary>A file's fault as one of the command line.</summary>
    public static UsageException Usage(PromptFileException e) => new($"{Files.Name} {e.Message}", e);

    /// <inheritdoc/>
    public void Dispose()
    {
        _promptAd?.Dispose();
        _iipad?.Dispose();
    }
}
