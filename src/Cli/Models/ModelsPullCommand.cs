using System.CommandLine;
using ClipFusion.Models.Download;

namespace ClipFusion.Cli.Models;

/// <summary><c>clipfusion models pull</c>: downloads published weights.</summary>
internal static class ModelsPullCommand
{
    private static readonly Argument<string[]> Names = new("NAME")
    {
        Description = "Model sets to download; CLIP and Stable Diffusion, which the method needs, when none is given.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option<string> To = new("--to")
    {
        Description = "Folder that receives one folder per set.",
        HelpName = "DIR",
        Required = true,
    };

    private static readonly Option<string[]> BaseUrls = new("--base-url")
    {
        Description = "Take the files of a source from another https address, such as a mirror. May be given once per source.",
        HelpName = "SOURCE=URL",
    };

    private static readonly Option<bool> AcceptHash = new("--accept-hash")
    {
        Description = "Accept files whose sha256 is not known and pin what arrives in DIR/models.lock.json.",
    };

    private static readonly Option<double> StallTimeout = new("--stall-timeout")
    {
        Description = "Seconds without any byte after which a connection is given up and tried again.",
        HelpName = "SECONDS",
        DefaultValueFactory = _ => 30,
    };

    /// <summary>The catalogue beside the program.</summary>
    public static string DefaultCatalogue => Path.Combine(AppContext.BaseDirectory, "config", "models.json");

    private static readonly Option<string> Catalogue = new("--catalogue")
    {
        Description = "Catalogue file to use instead of the one beside the program.",
        HelpName = "FILE",
    };

    private static readonly Option<bool> Json = new("--json") { Description = "Write one JSON object per event to standard output." };

    public static Command Create(Terminal terminal)
    {
        var command = new Command("pull", "Download published weights over HTTPS, resumable and checked by SHA-256.")
        {
            Names,
            To,
            BaseUrls,
            AcceptHash,
            StallTimeout,
            Catalogue,
            Json,
        };
        command.SetAction((parsed, cancellation) => RunAsync(parsed, terminal, cancellation));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        var catalogue = ModelCatalogue.Load(parsed.GetValue(Catalogue) ?? DefaultCatalogue);
        var sets = Select(catalogue, parsed.GetValue(Names) ?? []);
        using var puller = new ModelPuller(
            new PullOptions
            {
                TargetDirectory = parsed.GetRequiredValue(To),
                AcceptHash = parsed.GetValue(AcceptHash),
                BaseUrls = ParseBaseUrls(parsed.GetValue(BaseUrls) ?? [], catalogue),
                StallTimeout = ParseStallTimeout(parsed.GetValue(StallTimeout)),
            }
        );

        if (parsed.GetValue(Json))
        {
            var events = new JsonPullReport(terminal.Out, TimeProvider.System);
            return await ReportEndAsync(events, puller.PullAsync(sets, events, cancellation)).ConfigureAwait(false);
        }

        foreach (var set in sets)
            terminal.WriteNote($"{set.Name}: {set.Licence}, {set.LicenceUrl}{(set.Note is { Length: > 0 } note ? $". {note}" : "")}");
        var files = terminal.IsInteractive
            ? await BarPullReport.RunAsync(terminal.Error, bars => puller.PullAsync(sets, bars, cancellation)).ConfigureAwait(false)
            : await puller.PullAsync(sets, new LinePullReport(terminal.Error, TimeProvider.System), cancellation).ConfigureAwait(false);
        await terminal
            .Out.WriteLineAsync(
                $"{files.Count} files in {Path.GetFullPath(parsed.GetRequiredValue(To))}, {files.Count(f => f.Downloaded)} of them "
                    + "downloaded"
            )
            .ConfigureAwait(false);
        return ExitCode.Clean;
    }

    private static async Task<int> ReportEndAsync(JsonPullReport events, Task<IReadOnlyList<PulledFile>> pull)
    {
        try
        {
            events.Done(await pull.ConfigureAwait(false));
            return ExitCode.Clean;
        }
        catch (PullException e)
        {
            events.Failed(e);
            throw;
        }
    }

    private static IReadOnlyList<ModelSet> Select(ModelCatalogue catalogue, string[] names)
    {
        // A NAME takes any word, so a mistyped option would end up as one.
        if (names.FirstOrDefault(n => n.StartsWith('-')) is { } option)
            throw new UsageException($"unknown option {option}; see: clipfusion models pull --help");
        if (names.FirstOrDefault(n => n.StartsWith("dinov3", StringComparison.OrdinalIgnoreCase)) is { } gated)
            throw new UsageException(
                $"{gated}: DINOv3 is not pulled. Its weights are gated: whoever wants them accepts Meta's DINOv3 licence, which is no "
                    + "open one and excludes uses; models build does not read them either. DINOv2 is Apache-2.0: dinov2-small, "
                    + "-base, -large, -giant"
            );
        try
        {
            return catalogue.Select(names);
        }
        catch (ArgumentException e)
        {
            throw new UsageException(e.Message, e);
        }
    }

    private static TimeSpan ParseStallTimeout(double seconds) =>
        seconds is >= 1 and <= 3600
            ? TimeSpan.FromSeconds(seconds)
            : throw new UsageException($"--stall-timeout {seconds}: 1 to 3600 seconds are expected");

    private static Dictionary<string, Uri> ParseBaseUrls(string[] pairs, ModelCatalogue catalogue)
    {
        var urls = new Dictionary<string, Uri>();
        foreach (string pair in pairs)
        {
            // The URL may hold a password: messages name the source only.
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1)
                throw new UsageException("--base-url: SOURCE=URL is expected");
            string source = pair[..equals],
                text = pair[(equals + 1)..];
            if (catalogue.Sets.All(s => s.Source != source))
            {
                throw new UsageException(
                    $"--base-url {source}: the catalogue has no such source; it has: "
                        + $"{string.Join(", ", catalogue.Sets.Select(s => s.Source).Distinct())}"
                );
            }

            if (!Uri.TryCreate(text.EndsWith('/') ? text : text + "/", UriKind.Absolute, out var url))
                throw new UsageException($"--base-url {source}: must be an absolute https URL");
            if (PullOptions.BaseUrlFault(url) is { } fault)
                throw new UsageException($"--base-url {source}: {fault}");
            if (!urls.TryAdd(source, url))
                throw new UsageException($"--base-url {source}: given more than once");
        }

        return urls;
    }
}
