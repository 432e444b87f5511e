using System.CommandLine;
using ClipFusion.Models.Pack;

namespace ClipFusion.EdgeDaemon.CommandLine.Models;

/// <summary><c>clipfusion models verify</c>: checks every byte of a pack. Exit code 1 when anything is wrong.</summary>
internal static class ModelsVerifyCommand
{
    private static readonly Argument<string> Folder = new("DIR") { Description = "The pack's folder." };

    private static readonly Option<bool> Json = new("--json") { Description = "Write the outcome as one JSON object to standard output." };

    public static Command Create(Terminal terminal)
    {
        var command = new Command("verify", "Check every byte of a model pack.") { Folder, Json };
        command.SetAction((parsed, cancellation) => RunAsync(parsed, terminal, cancellation));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        string folder = parsed.GetRequiredValue(Folder);
        if (!Directory.Exists(folder)) throw new UsageException($"{folder}: there is no such folder");
        bool json = parsed.GetValue(Json);
        Func<IProgress<string>?, (PackManifest? Pack, IReadOnlyList<string> Problems)> verify = steps => Verify(folder, steps, cancellation);
        var (pack, problems) = json ? await Task.Run(() => verify(null)).ConfigureAwait(false) : await Steps.RunAsync(terminal, "manifest", verify).ConfigureAwait(false);
        if (json)
        {
            new JsonLines(terminal.Out).Write(new { folder, name = pack?.Name, ok = problems.Count == 0, files = pack?.Files.Count ?? 0, problems });
        }
        else
        {
            foreach (string problem in problems) terminal.WriteError(problem);
            if (problems.Count == 0) await terminal.Out.WriteLineAsync($"{pack!.Name}: {pack.Files.Count} files, {ByteText.Format(PackSize.Of(pack))}, all as built").ConfigureAwait(false);
        }

        return problems.Count == 0 ? ExitCode.Clean : ExitCode.Failed;
    }

    /// <summary>A manifest that can't be read is a problem of the pack like any other.</summary>
    private static (PackManifest? Pack, IReadOnlyList<string> Problems) Verify(string folder, IProgress<string>? steps, CancellationToken cancellation)
    {
        try
        {
            return PackVerifier.Verify(folder, steps, cancellation);
        }
        catch (PackException e)
        {
            return (null, [e.Message]);
        }
    }
}
