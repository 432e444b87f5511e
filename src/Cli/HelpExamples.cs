using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace ClipFusion.Cli;

/// <summary>The usual help with examples and exit codes behind it. Tests run every example.</summary>
internal sealed class HelpExamples(HelpAction usual) : SynchronousCommandLineAction
{
    private static readonly Dictionary<string, string[]> Examples = new(StringComparer.Ordinal)
    {
        [""] =
        [
            "clipfusion demo",
            "clipfusion inspect parts/*.png --pack pack --recipe recipe.json --reference good1.png good2.png --out heatmaps",
            "clipfusion run --config clipfusion.json",
        ],
        ["run"] = ["clipfusion run", "clipfusion run --config clipfusion.json"],
        ["demo"] =
        [
            "clipfusion demo",
            "clipfusion demo --material leather",
            "clipfusion demo --duration 60 --broker-port 0 --http-port 0",
            "clipfusion demo --data trial --prepare",
        ],
        ["inspect"] =
        [
            "clipfusion inspect parts/*.png --pack pack --recipe recipe.json --reference good1.png good2.png --out heatmaps",
            "clipfusion inspect parts --pack pack --recipe recipe.json --reference good --map-threshold 0.2 --json",
        ],
        ["evaluate"] =
        [
            "clipfusion evaluate parts --pack pack --out results --k 0,1",
            "clipfusion evaluate mvtec --pack pack --out results --k 1,2,4 --seeds 0,1,2",
        ],
        ["simulate"] =
        [
            "clipfusion simulate --out line --material leather --parts 20",
            "clipfusion simulate --out line --material cast-metal --seed 7 --parts 10 --size 320x240 --defect-rate 0.5",
        ],
        ["bench latency"] = ["clipfusion bench latency --pack pack --rounds 1"],
        ["config check"] = ["clipfusion config check clipfusion.json", "clipfusion config check clipfusion.json --json"],
        ["recipe check"] = ["clipfusion recipe check recipe.json", "clipfusion recipe check recipe.json --pack pack --json"],
        ["models build"] =
        [
            "clipfusion models build --starter --out pack",
            "clipfusion models build --clip weights/openclip --diffusion weights/sd2 --out packs/sd2",
            "clipfusion models build --backbone resnet18 --out packs/resnet18",
        ],
        ["models verify"] = ["clipfusion models verify pack"],
        ["models list"] = ["clipfusion models list"],
        ["models pull"] = ["clipfusion models pull --to weights --accept-hash"],
        ["threshold"] =
        [
            "clipfusion threshold --scores scores.json --rate 0.05",
            "clipfusion threshold --scores scores.json --rate 0.01 --json",
        ],
        ["tokenize"] = ["clipfusion tokenize \"a photo of a metal nut\" --pack pack"],
        ["completion"] = ["clipfusion completion bash", "clipfusion completion zsh"],
    };

    /// <summary>Puts it in the place of the usual help.</summary>
    public static void AddTo(RootCommand root)
    {
        foreach (HelpOption help in root.Options.OfType<HelpOption>())
        {
            if (help.Action is HelpAction usual)
                help.Action = new HelpExamples(usual);
        }
    }

    /// <summary>A command's words below the program's name: <c>models build</c>.</summary>
    public static string PathOf(Command command)
    {
        string above = command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? PathOf(parent) : "";
        return command is RootCommand ? "" : $"{above} {command.Name}".TrimStart();
    }

    public override int Invoke(ParseResult parseResult)
    {
        int code = usual.Invoke(parseResult);
        TextWriter output = parseResult.InvocationConfiguration.Output;
        if (Examples.TryGetValue(PathOf(parseResult.CommandResult.Command), out string[]? examples))
        {
            output.WriteLine("Examples:");
            foreach (string example in examples)
                output.WriteLine($"  {example}");
            output.WriteLine();
        }

        output.WriteLine("Exit codes:");
        output.WriteLine("  0    done, or stopped cleanly (run, demo)");
        output.WriteLine("  1    failed; the same command may work later");
        output.WriteLine("  2    wrong arguments or configuration; the same command can't work");
        output.WriteLine("  130  interrupted by Ctrl-C or SIGTERM before it was done");
        return code;
    }
}
