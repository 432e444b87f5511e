using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using ClipFusion.Cli.Inspect;
using ClipFusion.EdgeDaemon.Recipes;
using ClipFusion.Evaluation.Baselines;
using ClipFusion.Evaluation.Baselines.Learned;
using ClipFusion.Evaluation.Datasets;
using ClipFusion.Evaluation.Protocol;
using ClipFusion.Imaging;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;
using ClipFusion.OnnxInference;
using ClipFusion.OnnxInference.Providers;

namespace ClipFusion.Cli.Evaluate;

/// <summary><c>clipfusion evaluate</c>: metrics on a data set. Can be ended at any point; the same command goes on where it was.</summary>
internal static class EvaluateCommand
{
    private static readonly Argument<string> DatasetFolder = new("DATASET")
    {
        Description = "The data set's folder: MVTec-AD, VisA, or a folder 'good' beside folders of defects.",
    };

    private static readonly Option<string> Pack = new("--pack")
    {
        Description = "The model pack's folder.",
        HelpName = "DIR",
        Required = true,
    };

    private static readonly Option<string> Out = new("--out")
    {
        Description = "Folder for results.md, .csv and .json and one file per run; made when it is not there.",
        HelpName = "DIR",
        Required = true,
    };

    private static readonly Option<string> Layout = new Option<string>("--layout")
    {
        Description = "How the data set is laid out, where it can't be told.",
        HelpName = "LAYOUT",
    }.AcceptOnlyFromAmong([.. Enum.GetNames<DatasetLayout>().Select(n => n.ToLowerInvariant())]);

    private static readonly Option<string[]> Categories = new("--category")
    {
        Description = "Only these categories. May be repeated.",
        HelpName = "NAME",
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<string[]> Objects = new("--object")
    {
        Description = "What prompts call a category's object, instead of what its folder's name says.",
        HelpName = "CATEGORY=WORD",
    };

    private static readonly Option<string> RecipeFile = new("--recipe")
    {
        Description = "Settings of the method; its object word is not used.",
        HelpName = "FILE",
    };

    private static readonly Option<string> Shots = new("--k")
    {
        Description = "References per category.",
        HelpName = "N,N,...",
        DefaultValueFactory = _ => "0,1,2,4",
    };

    private static readonly Option<string> Seeds = new("--seeds")
    {
        Description = "Seeds of the draws; results are the mean over them.",
        HelpName = "N,N,...",
        DefaultValueFactory = _ => "0,1,2,3,4",
    };

    private static readonly Option<string> Profiles = new("--profiles")
    {
        Description =
            "Rows of the tables: clipfusion, patchclip, mapdiff, which are without the pack's backbone; backbone; clipfusion+backbone, of "
            + "the recipe's weight or else of 1. Without CLIP in the pack: backbone.",
        HelpName = "PROFILE,...",
        DefaultValueFactory = _ => ProfileNames.Of(Profile.ClipFusion),
    };

    private static readonly Option<string> Baselines = new("--baselines")
    {
        Description = $"More rows, on the pack's CLIP: {string.Join(", ", BaselineNames.All.Keys)}; or 'all'.",
        HelpName = "METHOD,...",
    };

    private static readonly Option<string> Coreset = new("--coreset")
    {
        Description = "Share of PatchCore's bank that is kept.",
        HelpName = "SHARE",
        DefaultValueFactory = _ => "0.1",
    };

    private static readonly Option<string> Ablations = new("--ablation")
    {
        Description =
            "Tables of the paper that vary the method, whose rows are made too: 3 models, 4 modalities, 5 timesteps and blocks, 6 "
            + "early block, 9 denoiser components, 10 state ensemble, 11 states per object; or 'all'.",
        HelpName = "N,N,...",
    };

    private static readonly Option<string[]> States = new("--states")
    {
        Description = "A category's own states, for a further row of table 11. May be repeated.",
        HelpName = "CATEGORY=STATE,...",
    };

    private static readonly Option<string> Crop = new Option<string>("--crop")
    {
        Description = "From picture to square, instead of the recipe's choice.",
        HelpName = "MODE",
    }.AcceptOnlyFromAmong([.. Enum.GetNames<CropMode>().Select(n => n.ToLowerInvariant())]);

    private static readonly Option<string> MapSize = new("--map-size")
    {
        Description = "Side of the maps that pixel metrics are computed on: 'original' or pixels.",
        HelpName = "SIZE",
        DefaultValueFactory = _ => EvaluateLists.Original,
    };

    private static readonly Option<string> ProLimits = new("--pro-limit")
    {
        Description = "False positive rates up to which the per-region overlap is integrated.",
        HelpName = "RATE,...",
        DefaultValueFactory = _ => "0.3",
    };

    private static readonly Option<bool> OneForAll = new("--one-for-all")
    {
        Description = "One bank of all categories' references for every category.",
    };

    private static readonly Option<string> Cache = new("--cache")
    {
        Description = "Folder of the networks' outputs, to share between evaluations; networks in --out when not given.",
        HelpName = "DIR",
    };

    private static readonly Option<int> Threads = new("--threads")
    {
        Description = "Threads of the networks and of the bank search; 0 = one per core.",
        HelpName = "N",
    };

    private static readonly ProviderOptions Providers = new();

    public static Command Create(Terminal terminal)
    {
        var command = new Command("evaluate", "Measure a pack on a data set: image and pixel metrics beside the paper's.")
        {
            DatasetFolder,
            Pack,
            Out,
            Layout,
            Categories,
            Objects,
            RecipeFile,
            Shots,
            Seeds,
            Profiles,
            Baselines,
            Coreset,
            Ablations,
            States,
            Crop,
            MapSize,
            ProLimits,
            OneForAll,
            Cache,
            Threads,
        };
        foreach (Option option in BackboneFlags.All.Concat(PadimFlags.All).Concat(PromptFlags.All))
            command.Add(option);
        Providers.AddTo(command);
        command.SetAction((parsed, cancellation) => RunAsync(parsed, terminal, cancellation));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        EvaluationOptions options = Options(parsed);
        string pack = parsed.GetRequiredValue(Pack),
            folder = parsed.GetRequiredValue(Out);
        if (!Directory.Exists(pack))
            throw new UsageException($"--pack {pack}: there is no such folder");
        // Another ONNX Runtime has to be taken before any network is opened.
        ProviderSettings providers = Providers.Read(parsed);
        using Backbone? backbone = BackboneFlags.Open(parsed, parsed.GetValue(Threads));
        using Backbone? padim = PadimFlags.Open(parsed, parsed.GetValue(Threads));
        using PromptFlags prompts = PromptFlags.Open(parsed);
        options = prompts.Complete(options, EvaluateLists.IsAll(parsed.GetValue(Baselines) ?? "")) with
        {
            Backbone = backbone,
            PadimBackbone = padim,
        };
        foreach (string line in options.LeftOut)
            terminal.WriteNote(line);
        DatasetLayout? layout = parsed.GetValue(Layout) is { } name ? Enum.Parse<DatasetLayout>(name, ignoreCase: true) : null;
        Dataset dataset = Chosen(
            await Task.Run(() => DatasetReader.Read(parsed.GetRequiredValue(DatasetFolder), layout), cancellation).ConfigureAwait(false),
            parsed
        );
        foreach (DatasetProblem line in dataset.Problems.Concat(dataset.Notes))
            terminal.WriteNote($"{line.Id}: {line.What}");
        terminal.WriteNote(dataset.Counts);
        // Before the pack is opened, which takes a while where it is large.
        dataset.EnsureRuns(options.Shots);
        foreach (string line in dataset.ShotsLeftOut(options.Shots))
            terminal.WriteNote(line);

        long start = Stopwatch.GetTimestamp();
        EvaluationCost cost = await Steps
            .RunAsync(
                terminal,
                "opening the pack",
                steps =>
                {
                    ImagingNative.EnsureLoaded();
                    using ModelPack networks = ModelPack.Open(
                        pack,
                        new SessionSettings(parsed.GetValue(Threads)),
                        progress: steps,
                        providers: providers
                    );
                    if (networks.Manifest.Notice is { } notice)
                        terminal.WriteNote(notice);
                    terminal.WriteNote($"weights: {PackWeightsText.Of(networks.Manifest.KnownWeights)}");
                    return Evaluate(
                        dataset,
                        networks,
                        parsed.GetResult(Profiles) is null or { Implicit: true } && networks.Manifest.Clip is null
                            ? options with
                            {
                                Profiles = [Profile.Backbone],
                            }
                            : options,
                        folder,
                        parsed.GetValue(Cache) ?? Path.Combine(folder, "networks"),
                        new ProgressLines(steps),
                        cancellation
                    );
                }
            )
            .ConfigureAwait(false);
        TimeSpan took = Stopwatch.GetElapsedTime(start);
        using var process = Process.GetCurrentProcess();
        terminal.WriteNote(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{took.TotalSeconds:0.0} s, {100 * cost.Networks / took:0} % of it in the networks ({cost.NetworkRuns} runs), peak "
                    + $"memory {process.PeakWorkingSet64 >> 20} MiB; tables in {folder}"
            )
        );
        await terminal
            .Out.WriteAsync(await File.ReadAllTextAsync(Path.Combine(folder, "results.md"), cancellation).ConfigureAwait(false))
            .ConfigureAwait(false);
        return ExitCode.Clean;
    }

    private static EvaluationCost Evaluate(
        Dataset dataset,
        ModelPack pack,
        EvaluationOptions options,
        string folder,
        string cache,
        IProgress<EvaluationProgress> progress,
        CancellationToken cancellation
    )
    {
        try
        {
            return EvaluationSession.Run(dataset, pack, options, folder, cache, progress, cancellation).Cost;
        }
        catch (PadimChannelsException e)
        {
            throw new UsageException($"--padim-channels: {e.Message}", e);
        }
        catch (PromptFileException e)
        {
            throw PromptFlags.Usage(e);
        }
        catch (ArgumentException e)
        {
            throw new UsageException($"the recipe does not fit: {e.Message}", e);
        }
    }

    private static EvaluationOptions Options(ParseResult parsed)
    {
        Recipe recipe = Recipe.Default("object");
        if (parsed.GetValue(RecipeFile) is { } file)
        {
            if (!File.Exists(file))
                throw new UsageException($"--recipe {file}: there is no such file");
            recipe = StationRecipeReader.ReadForTrial(file).Recipe.Method;
        }

        if (parsed.GetValue(Crop) is { } crop)
            recipe = recipe with { Crop = Enum.Parse<CropMode>(crop, ignoreCase: true) };
        int threads = parsed.GetValue(Threads) is var given and >= 0 and <= InspectRequest.MaxThreads
            ? given
            : throw new UsageException($"--threads {parsed.GetValue(Threads)}: 0 to {InspectRequest.MaxThreads} are expected");
        int[] shots = EvaluateLists.Integers("--k", parsed.GetRequiredValue(Shots), 1000),
            ablations = parsed.GetValue(Ablations) is { } tables ? EvaluateLists.Ablations("--ablation", tables, shots) : [];
        (Profile[] profiles, bool withBackbone) = EvaluateLists.Rows("--profiles", parsed.GetRequiredValue(Profiles));
        string[] states = parsed.GetValue(States) ?? [];
        if (states.Length > 0 && !ablations.Contains(11))
            throw new UsageException($"--states {states[0]}: is a row of table 11, so --ablation 11 is expected too");
        return new EvaluationOptions
        {
            Recipe = recipe,
            Ablations = ablations,
            OwnStates = EvaluateLists.States("--states", states),
            Profiles = profiles,
            ClipFusionWithBackbone = withBackbone,
            Baselines = parsed.GetValue(Baselines) is { } baselines ? EvaluateLists.Baselines("--baselines", baselines) : [],
            PadimChannels = PadimFlags.Read(parsed),
            Coreset = EvaluateLists.Rates("--coreset", parsed.GetRequiredValue(Coreset)) is [var share]
                ? share
                : throw new UsageException($"--coreset {parsed.GetValue(Coreset)}: one share is expected"),
            Shots = shots,
            Seeds = EvaluateLists.Integers("--seeds", parsed.GetRequiredValue(Seeds), int.MaxValue),
            MapSize = EvaluateLists.MapSize("--map-size", parsed.GetRequiredValue(MapSize)),
            ProLimits = EvaluateLists.Rates("--pro-limit", parsed.GetRequiredValue(ProLimits)),
            OneForAll = parsed.GetValue(OneForAll),
            Threads = threads > 0 ? threads : Environment.ProcessorCount,
        };
    }

    /// <summary>The categories that were asked for, with the words that were given.</summary>
    private static Dataset Chosen(Dataset dataset, ParseResult parsed)
    {
        string[] names = [.. dataset.Categories.Select(c => c.Name)],
            wanted = parsed.GetValue(Categories) ?? [];
        Dictionary<string, string> words = EvaluateLists.Words("--object", parsed.GetValue(Objects) ?? []);
        IEnumerable<string> stated = EvaluateLists.States("--states", parsed.GetValue(States) ?? []).Keys;
        foreach (string name in wanted.Concat(words.Keys).Concat(stated).Except(names))
            throw new UsageException($"{name}: the data set has no such category; there are {string.Join(", ", names)}");
        return dataset with
        {
            Categories =
            [
                .. dataset
                    .Categories.Where(c => wanted.Length == 0 || wanted.Contains(c.Name))
                    .Select(c => c with { ObjectWord = words.GetValueOrDefault(c.Name, c.ObjectWord) }),
            ],
        };
    }
}
