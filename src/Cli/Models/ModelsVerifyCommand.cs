using System.CommandLine;
using ClipFusion.Inspection.Networks;
using ClipFusion.Models.Pack;
using ClipFusion.OnnxInference.Engines;
using ClipFusion.OnnxInference.Providers;

namespace ClipFusion.Cli.Models;

/// <summary>
/// <c>clipfusion models verify</c>: checks every byte of a pack, then runs its networks on what would run them here and compares them with
/// the pack's goldens. Exit code 1 when anything is wrong.
/// </summary>
internal static class ModelsVerifyCommand
{
    private static readonly Argument<string> Folder = new("DIR") { Description = "The pack's folder." };

    private static readonly Option<bool> FilesOnly = new("--files-only") { Description = "Check the files and run nothing." };

    private static readonly Option<bool> Retry = new("--retry")
    {
        Description = "Forget which engines gave wrong results before, and try them again.",
    };

    private static readonly Option<bool> Json = new("--json") { Description = "Write the outcome as one JSON object to standard output." };

    private static readonly ProviderOptions Providers = new();

    public static Command Create(Terminal terminal)
    {
        var command = new Command("verify", "Check every byte of a model pack, and what runs its networks here.")
        {
            Folder,
            FilesOnly,
            Retry,
            Json,
        };
        Providers.AddTo(command);
        command.SetAction((parsed, cancellation) => RunAsync(parsed, terminal, cancellation));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        string folder = parsed.GetRequiredValue(Folder);
        if (!Directory.Exists(folder))
            throw new UsageException($"{folder}: there is no such folder");
        ProviderSettings? providers = parsed.GetValue(FilesOnly) ? null : Providers.Read(parsed);
        bool json = parsed.GetValue(Json),
            retry = parsed.GetValue(Retry);
        Func<IProgress<string>?, Outcome> verify = steps => Verify(folder, providers, retry, steps, cancellation);
        Outcome outcome = json
            ? await Task.Run(() => verify(null)).ConfigureAwait(false)
            : await Steps.RunAsync(terminal, "manifest", verify).ConfigureAwait(false);
        if (json)
            WriteJson(new JsonLines(terminal.Out), folder, outcome);
        else
            Write(terminal, outcome);
        return outcome.Problems.Count == 0 ? ExitCode.Clean : ExitCode.Failed;
    }

    /// <summary>A manifest that can't be read is a problem of the pack like any other; networks of a damaged pack are not run.</summary>
    private static Outcome Verify(
        string folder,
        ProviderSettings? providers,
        bool retry,
        IProgress<string>? steps,
        CancellationToken cancellation
    )
    {
        try
        {
            (PackManifest manifest, IReadOnlyList<string> problems) = PackVerifier.Verify(folder, steps, cancellation);
            if (problems.Count > 0 || providers is null)
                return new Outcome(manifest, problems, []);
            using ModelPack pack = ModelPack.Open(folder, progress: steps, providers: providers);
            if (retry)
                pack.ClearQuarantine();
            (IReadOnlyList<ProviderDecision> networks, problems) = pack.CompareWithGoldens(steps, cancellation);
            return new Outcome(manifest, problems, networks);
        }
        catch (PackException e)
        {
            return new Outcome(null, [e.Message], []);
        }
    }

    private static void Write(Terminal terminal, Outcome outcome)
    {
        foreach (string problem in outcome.Problems)
            terminal.WriteError(problem);
        if (outcome.Problems.Count == 0)
            terminal.Out.WriteLine(
                $"{outcome.Pack!.Name}: {outcome.Pack.Files.Count} files, {ByteText.Format(PackSize.Of(outcome.Pack))}, all as built"
            );
        foreach (ProviderDecision network in outcome.Networks)
        {
            terminal.Out.WriteLine(
                $"  {network.Graph}: "
                    + $"{ProviderNames.Text(network.Provider, network.CudaGraphs)}{(network.WhyNotBetter is { } why ? $" ({why})" : "")}"
            );
            if (network.Parity.Count == 0)
                terminal.Out.WriteLine("    not compared: the pack has no golden outputs, so that only the CPU may run it");
            foreach (var error in network.Parity)
                terminal.Out.WriteLine($"    {(error.IsGood ? "good" : "WRONG")} {error}");
        }
    }

    private static void WriteJson(JsonLines lines, string folder, Outcome outcome) =>
        lines.Write(
            new
            {
                folder,
                name = outcome.Pack?.Name,
                ok = outcome.Problems.Count == 0,
                files = outcome.Pack?.Files.Count ?? 0,
                problems = outcome.Problems,
                networks = outcome.Networks.Select(n => new
                {
                    graph = n.Graph,
                    provider = ProviderNames.Text(n.Provider),
                    why = n.WhyNotBetter,
                    // JSON has no infinity: an output that is not a number has no error.
                    outputs = n.Parity.Select(p => new
                    {
                        name = p.Output,
                        error = double.IsFinite(p.Error) ? p.Error : (double?)null,
                        limit = p.Limit,
                        good = p.IsGood,
                    }),
                }),
            }
        );

    private sealed record Outcome(PackManifest? Pack, IReadOnlyList<string> Problems, IReadOnlyList<ProviderDecision> Networks);
}
