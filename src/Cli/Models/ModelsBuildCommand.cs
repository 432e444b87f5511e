using System.CommandLine;
using System.Diagnostics;
using ClipFusion.Inspection.Networks;
using ClipFusion.Models.Checkpoints;
using ClipFusion.Models.Download;
using ClipFusion.Models.Pack;
using ClipFusion.Models.Starter;
using ClipFusion.OnnxInference.Parity;

namespace ClipFusion.Cli.Models;

/// <summary><c>clipfusion models build</c>: published weights in, model pack out.</summary>
internal static class ModelsBuildCommand
{
    private static readonly Dictionary<string, PackWeights> WeightNames = new(StringComparer.Ordinal)
    {
        ["random"] = PackWeights.Random,
        ["drawn-parts"] = PackWeights.DrawnParts,
        ["published"] = PackWeights.Published,
        ["unknown"] = PackWeights.Unknown,
    };

    private static readonly Option<string> Clip = new("--clip")
    {
        Description = "OpenCLIP folder: open_clip_config.json, open_clip_model.safetensors, vocab.json, merges.txt.",
        HelpName = "DIR",
    };

    private static readonly Option<string> Diffusion = new("--diffusion")
    {
        Description = "Stable Diffusion 2 folder as published for diffusers: unet, vae, text_encoder, tokenizer.",
        HelpName = "DIR",
    };

    private static readonly Option<bool> Starter = new("--starter")
    {
        Description = "Build the small starter pack, which needs no weights, instead.",
    };

    private static readonly Option<string> Out = new("--out")
    {
        Description = "The pack's folder; must not exist or be empty. It appears when the whole pack is there.",
        HelpName = "DIR",
        Required = true,
    };

    private static readonly Option<string> PrecisionName = new Option<string>("--precision")
    {
        Description = "Element type of the networks.",
        DefaultValueFactory = _ => "float32",
    }.AcceptOnlyFromAmong("float32", "float16");

    private static readonly Option<int> VvStart = new("--vv-start")
    {
        Description = "First CLIP block with value-value attention, counted from 1.",
        HelpName = "N",
        DefaultValueFactory = _ => 1,
    };

    private static readonly Option<string> ClipBlocks = new("--clip-blocks")
    {
        Description =
            "CLIP blocks whose features are compared with references, counted from 1; half and three quarters of the tower when not given.",
        HelpName = "A,B",
    };

    private static readonly Option<string> Name = new("--name")
    {
        Description = "The pack's name; made from the folders and the precision when not given.",
    };

    private static readonly Option<string> Notice = new("--notice")
    {
        Description = "Plain words that everybody who runs the pack is shown.",
        HelpName = "TEXT",
    };

    private static readonly Option<string> Weights = new Option<string>("--weights")
    {
        Description =
            "How the weights came to be, which every measurement says; published where both folders are what models pull makes, else "
            + "unknown.",
        HelpName = "ORIGIN",
    }.AcceptOnlyFromAmong([.. WeightNames.Keys]);

    private static readonly Option<bool> Json = new("--json") { Description = "Write one JSON object per event to standard output." };

    public static Command Create(Terminal terminal)
    {
        var command = new Command("build", "Build a model pack from published weights.")
        {
            Clip,
            Diffusion,
            Starter,
            Out,
            PrecisionName,
            VvStart,
            ClipBlocks,
            Name,
            Notice,
            Weights,
            Json,
        };
        foreach (Option option in BackboneBuildOptions.All)
            command.Add(option);
        command.SetAction((parsed, cancellation) => RunAsync(parsed, terminal, cancellation));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        string target = parsed.GetRequiredValue(Out);
        Func<IProgress<string>, PackManifest> build = parsed.GetValue(Starter)
            ? BuildStarter(parsed, target, cancellation)
            : BuildPublished(parsed, target, cancellation);
        long start = Stopwatch.GetTimestamp();
        if (parsed.GetValue(Json))
            return await RunJsonAsync(new JsonLines(terminal.Out), build, target, start).ConfigureAwait(false);

        PackManifest pack = await Steps.RunAsync(terminal, "reading weights", build).ConfigureAwait(false);
        await terminal
            .Out.WriteLineAsync(
                $"{pack.Name}: {ByteText.Format(PackSize.Of(pack))} in {Path.GetFullPath(target)}, built in "
                    + $"{Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s"
            )
            .ConfigureAwait(false);
        if (pack.Notice is { } notice)
            terminal.WriteNote(notice);
        return ExitCode.Clean;
    }

    private static async Task<int> RunJsonAsync(JsonLines lines, Func<IProgress<string>, PackManifest> build, string target, long start)
    {
        try
        {
            PackManifest pack = await Steps.RunAsync(new JsonSteps(lines), build).ConfigureAwait(false);
            double seconds = Math.Round(Stopwatch.GetElapsedTime(start).TotalSeconds, 3);
            lines.Write(
                new
                {
                    @event = "done",
                    pack.Name,
                    folder = Path.GetFullPath(target),
                    bytes = PackSize.Of(pack),
                    seconds,
                    pack.Notice,
                }
            );
            return ExitCode.Clean;
        }
        catch (Exception e)
        {
            lines.Write(new { @event = "failed", message = e is OperationCanceledException ? "stopped" : e.Message });
            throw;
        }
    }

    private static Func<IProgress<string>, PackManifest> BuildStarter(ParseResult parsed, string target, CancellationToken cancellation)
    {
        Option[] others = [Clip, Diffusion, PrecisionName, VvStart, ClipBlocks, Name, Notice, Weights, .. BackboneBuildOptions.All];
        if (others.FirstOrDefault(o => IsGiven(parsed, o)) is { } other)
            throw new UsageException($"--starter and {other.Name}: the starter pack has no options");
        return steps => StarterPack.Build(target, steps, GoldenRecorder.Record, cancellation);
    }

    private static Func<IProgress<string>, PackManifest> BuildPublished(ParseResult parsed, string target, CancellationToken cancellation)
    {
        (string? clipFolder, string? diffusionFolder) = (parsed.GetValue(Clip), parsed.GetValue(Diffusion));
        Func<PackBackbone>? openBackbone = BackboneBuildOptions.Read(parsed);
        if (clipFolder is null != diffusionFolder is null || (clipFolder is null && openBackbone is null))
            throw new UsageException(
                "a pack is built from two weight folders, --clip DIR and --diffusion DIR, from a backbone, --backbone, or from all three "
                    + "(or --starter)"
            );
        if (clipFolder is null && new Option[] { VvStart, ClipBlocks }.FirstOrDefault(o => IsGiven(parsed, o)) is { } option)
            throw new UsageException($"{option.Name}: not for a pack without CLIP");
        PackOptions options = Options(parsed, clipFolder, diffusionFolder);
        return steps =>
        {
            using OpenClipFolder? clip = clipFolder is null ? null : OpenClipFolder.Open(clipFolder);
            using DiffusionFolder? diffusion = diffusionFolder is null ? null : DiffusionFolder.Open(diffusionFolder);
            using PackBackbone? backbone = openBackbone?.Invoke();
            return PackBuilder.Build(new PackParts(clip, diffusion, backbone), target, options, steps, cancellation);
        };
    }

    private static PackOptions Options(ParseResult parsed, string? clipFolder, string? diffusionFolder)
    {
        (WeightOrigin? clipOrigin, WeightOrigin? diffusionOrigin) = (Origin(clipFolder), Origin(diffusionFolder));
        string? backbone = BackboneBuildOptions.SourceOf(parsed);
        WeightOrigin? backboneOrigin = backbone == ResNet18.Name ? null : Origin(backbone);
        PackWeights? said = parsed.GetValue(Weights) is { } name ? WeightNames[name] : null;
        return new PackOptions(
            parsed.GetValue(PrecisionName) == "float16" ? Precision.Float16 : Precision.Float32,
            parsed.GetValue(VvStart),
            BlockNumbers.Parse(ClipBlocks.Name, parsed.GetValue(ClipBlocks)),
            parsed.GetValue(Name),
            parsed.GetValue(Notice),
            clipOrigin,
            diffusionOrigin,
            GoldenRecorder.Record,
            said ?? Known(clipOrigin is not null && diffusionOrigin is not null)
        )
        {
            BackboneOrigin = backboneOrigin,
            BackboneWeights = said ?? Known(backbone == ResNet18.Name || backboneOrigin is not null),
            BackboneWeight = BackboneBuildOptions.WeightOf(parsed),
            Measure = GraphShapes.Measure,
        };

        static PackWeights Known(bool isPublished) => isPublished ? PackWeights.Published : PackWeights.Unknown;
    }

    private static bool IsGiven(ParseResult parsed, Option option) => parsed.GetResult(option) is { Implicit: false };

    /// <summary>Licence and address of a folder that <c>models pull</c> made, which is named after its set.</summary>
    private static WeightOrigin? Origin(string? folder)
    {
        if (folder is null)
            return null;
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        ModelSet? set = ModelCatalogue.Load(ModelsPullCommand.DefaultCatalogue).Sets.FirstOrDefault(s => s.Name == name);
        return set is null ? null : new WeightOrigin(set.Licence, set.LicenceUrl.ToString());
    }
}
