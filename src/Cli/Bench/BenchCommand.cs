using System.CommandLine;
using System.Globalization;
using ClipFusion.Cli.Evaluate;
using ClipFusion.Cli.Inspect;
using ClipFusion.Evaluation.Baselines;
using ClipFusion.Evaluation.Protocol;
using ClipFusion.Imaging;
using ClipFusion.Inspection.Networks;
using ClipFusion.Models.Pack;
using ClipFusion.OnnxInference;
using ClipFusion.OnnxInference.Engines;
using ClipFusion.OnnxInference.Providers;

namespace ClipFusion.Cli.Bench;

/// <summary><c>clipfusion bench</c>: measurements on this machine.</summary>
internal static class BenchCommand
{
    private const int MaxRounds = 10_000;

    private static readonly Option<string> Pack = new("--pack")
    {
        Description = "The model pack's folder.",
        HelpName = "DIR",
        Required = true,
    };

    private static readonly Option<string> Shots = new("--k")
    {
        Description = "Numbers of references.",
        HelpName = "N,N,...",
        DefaultValueFactory = _ => "0,1,2,4",
    };

    private static readonly Option<string> Baselines = new("--baselines")
    {
        Description =
            $"Other methods: {string.Join(", ", BaselineNames.All.Keys)}; or 'all'. winclip when not given. Learned prompts are made up: "
            + "no time depends on what they say.",
        HelpName = "METHOD,...",
    };

    private static readonly Option<int> Rounds = new("--rounds")
    {
        Description = "Measurements of each.",
        HelpName = "N",
        DefaultValueFactory = _ => 5,
    };

    private static readonly Option<int> Threads = new("--threads")
    {
        Description = "Threads of the networks and of the bank search; 0 = one per core.",
        HelpName = "N",
    };

    private static readonly ProviderOptions Providers = new();

    public static Command Create(Terminal terminal)
    {
        var latency = new Command("latency", "Time of one picture, the product's profiles and other methods in turns.")
        {
            Pack,
            Baselines,
            Shots,
            Rounds,
            Threads,
        };
        Providers.AddTo(latency);
        latency.SetAction((parsed, cancellation) => LatencyAsync(parsed, terminal, cancellation));
        return new Command("bench", "Measure this machine.") { latency };
    }

    private static async Task<int> LatencyAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        string pack = parsed.GetRequiredValue(Pack);
        if (!Directory.Exists(pack))
            throw new UsageException($"--pack {pack}: there is no such folder");
        int[] shots = EvaluateLists.Integers("--k", parsed.GetRequiredValue(Shots), 100);
        int rounds = parsed.GetValue(Rounds) is var given and >= 1 and <= MaxRounds
            ? given
            : throw new UsageException($"--rounds {parsed.GetValue(Rounds)}: 1 to {MaxRounds} are expected");
        int threads = parsed.GetValue(Threads) is var number and >= 0 and <= InspectRequest.MaxThreads
            ? number
            : throw new UsageException($"--threads {parsed.GetValue(Threads)}: 0 to {InspectRequest.MaxThreads} are expected");
        ProviderSettings providers = Providers.Read(parsed);
        PackWeights weights = PackWeights.Unknown;
        Baseline[]? baselines = parsed.GetValue(Baselines) is { } named ? EvaluateLists.Baselines(Baselines.Name, named) : null;
        (IReadOnlyList<string> methods, IReadOnlyList<ProviderDecision> networks, IReadOnlyList<Latency> results) = await Steps
            .RunAsync(
                terminal,
                "opening the pack",
                steps =>
                {
                    ImagingNative.EnsureLoaded();
                    using ModelPack opened = ModelPack.Open(pack, new SessionSettings(threads), progress: steps, providers: providers);
                    weights = opened.Manifest.Weights ?? PackWeights.Unknown;
                    return LatencyBench.Run(
                        opened,
                        baselines ?? LatencyBench.UsualBaselines(opened.Manifest),
                        shots,
                        rounds,
                        threads > 0 ? threads : Environment.ProcessorCount,
                        cancellation
                    );
                }
            )
            .ConfigureAwait(false);
        foreach (ProviderDecision network in networks)
            terminal.WriteNote(
                $"{network.Graph}: {ProviderNames.Text(network.Provider)}{(network.WhyNotBetter is { } why ? $" ({why})" : "")}"
            );
        await terminal
            .Out.WriteLineAsync(
                $"Milliseconds, median (least) of {rounds}. Weights: {PackWeightsText.Of(weights)}\n\n| shots | "
                    + $"{string.Join(" | ", methods)} |\n| --- "
                    + $"|{string.Concat(methods.Select(_ => " --- |"))}"
            )
            .ConfigureAwait(false);
        foreach (Latency result in results)
            await terminal
                .Out.WriteLineAsync($"| {result.Shots} | {string.Join(" | ", result.Times.Select(Text))} |")
                .ConfigureAwait(false);
        return ExitCode.Clean;
    }

    private static string Text(double[] times)
    {
        if (times.Length == 0)
            return "-";
        double[] sorted = [.. times.Order()];
        double median = (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
        return string.Create(CultureInfo.InvariantCulture, $"{median:0.0} ({sorted[0]:0.0})");
    }
}
