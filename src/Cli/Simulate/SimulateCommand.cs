using System.CommandLine;
using System.Globalization;
using ClipFusion.Camera.Simulation;

namespace ClipFusion.Cli.Simulate;

/// <summary><c>clipfusion simulate</c>: pictures, masks and truth of lines that don't exist, as a dataset.</summary>
internal static class SimulateCommand
{
    private const int MaxParts = 100_000;

    // Good parts are drawn too, to learn from, and have to be found.
    private const double MaxRate = 0.99;

    private static readonly Option<string> Out = new("--out")
    {
        Description = "Folder that receives one folder per material; made if it is missing.",
        HelpName = "DIR",
        Required = true,
    };

    private static readonly Option<string[]> Materials = new Option<string[]>("--material")
    {
        Description = $"What the line makes: {MaterialNames.List}. May be repeated; all when not given.",
        HelpName = "NAME",
    }.Completed();

    private static readonly Option<ulong> Seed = new("--seed")
    {
        Description = "The same seed draws the same parts.",
        HelpName = "N",
        DefaultValueFactory = _ => 1,
    };

    private static readonly Option<int> Parts = new("--parts")
    {
        Description = "Parts to test with, numbered from 1 on.",
        HelpName = "N",
        DefaultValueFactory = _ => 100,
    };

    private static readonly Option<string> Size = new("--size")
    {
        Description = "Width and height of the pictures in pixels, each 64 to 8192.",
        HelpName = "WxH",
        DefaultValueFactory = _ => "640x480",
    };

    private static readonly Option<double> DefectRate = new("--defect-rate")
    {
        Description = "Share of the parts to test with that have a defect, 0 to 0.99.",
        HelpName = "R",
        DefaultValueFactory = _ => 0.3,
    };

    private static readonly Option<bool> Json = new("--json") { Description = "Write one JSON object per folder to standard output." };

    public static Command Create(Terminal terminal)
    {
        var command = new Command(
            "simulate",
            $"Draw parts of a line that does not exist, as a dataset in MVTec-AD's layout: {SimulatedDataset.TrainParts} good parts to "
                + "learn from, and parts to test with, their masks and what is wrong with them."
        )
        {
            Out,
            Materials,
            Seed,
            Parts,
            Size,
            DefectRate,
            Json,
        };
        command.SetAction((parsed, cancellation) => RunAsync(parsed, terminal, cancellation));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        string target = parsed.GetRequiredValue(Out);
        (int width, int height) = ReadSize(parsed.GetRequiredValue(Size));
        int parts = parsed.GetValue(Parts) is var count and >= 1 and <= MaxParts
            ? count
            : throw new UsageException($"--parts {parsed.GetValue(Parts)}: 1 to {MaxParts} are expected");
        double rate = parsed.GetValue(DefectRate) is var share and >= 0 and <= MaxRate
            ? share
            : throw new UsageException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"--defect-rate {parsed.GetValue(DefectRate)}: 0 or more and less than 1 is expected, {MaxRate} at most"
                )
            );
        SimulatedDataset[] sets =
        [
            .. MaterialNames
                .Read(Materials.Name, parsed.GetValue(Materials) ?? [])
                .Select(m => new SimulatedDataset(
                    Path.Combine(target, m.Name.Replace('-', '_')),
                    new LineOptions
                    {
                        Material = m.Value,
                        Seed = parsed.GetValue(Seed),
                        Width = width,
                        Height = height,
                        DefectRate = rate,
                    },
                    parts
                )),
        ];
        foreach (SimulatedDataset set in sets)
            set.EnsureFree();

        foreach (SimulatedDataset set in sets)
        {
            DatasetCounts counts = await Steps
                .RunAsync(terminal, $"drawing {set.Folder}", _ => set.Write(cancellation))
                .ConfigureAwait(false);
            if (parsed.GetValue(Json))
                new JsonLines(terminal.Out).Write(new DrawnFolder(set.Folder, counts.Train, counts.Good, counts.Defective));
            else
                terminal.Out.WriteLine(
                    $"{set.Folder}: {counts.Train} good parts to learn from; {counts.Good} good and {counts.Defective} bad ones to test "
                        + "with"
                );
        }

        return ExitCode.Clean;
    }

    private static (int Width, int Height) ReadSize(string text) =>
        text.Split('x') is [var w, var h] && Side(w) is { } width && Side(h) is { } height
            ? (width, height)
            : throw new UsageException($"--size {text}: WIDTHxHEIGHT is expected, each 64 to 8192 pixels, for example 640x480");

    private static int? Side(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int side) && side is >= 64 and <= 8192 ? side : null;

    /// <summary>Property names are the JSON's keys.</summary>
    private sealed record DrawnFolder(string Folder, int Train, int TestGood, int TestDefective);
}
