using System.CommandLine;
using System.Globalization;
using ClipFusion.EdgeDaemon.Recipes;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;

namespace ClipFusion.Cli.Inspect;

/// <summary><c>clipfusion inspect</c>: judges picture files. Everything that can be wrong with the inputs is found before a network is
/// loaded.</summary>
internal static class InspectCommand
{
    private static readonly Argument<string[]> Images = new("IMAGE")
    {
        Description = "Pictures to judge, or folders of pictures (*.overlay.png are left out).",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<string> Pack = new("--pack")
    {
        Description = "The model pack's folder.",
        HelpName = "DIR",
        Required = true,
    };

    private static readonly Option<string> RecipeFile = new("--recipe")
    {
        Description = "What to look for: a recipe as a device has it; its number and name may be missing here.",
        HelpName = "FILE",
        Required = true,
    };

    private static readonly Option<string[]> References = new("--reference")
    {
        Description =
            "Pictures of good parts, or folders of them, instead of the recipe's own; without any the judgement is zero-shot. May be "
            + "repeated.",
        HelpName = "IMAGE...",
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<string> ProfileName = new Option<string>("--profile")
    {
        Description = "Models that judge, instead of the recipe's choice.",
        HelpName = "PROFILE",
    }.AcceptOnlyFromAmong([.. Enum.GetValues<Profile>().Select(PictureJudgement.Text)]);

    private static readonly Option<string> Out = new("--out")
    {
        Description =
            "Folder for heatmaps, one NAME.overlay.png per picture, in their folders where names come twice; made when it is not there.",
        HelpName = "DIR",
    };

    private static readonly Option<string> Scale = new("--scale")
    {
        Description =
            "Map values where the heatmaps' colour begins and where it is full. When not given, colour begins at what the references' "
            + "own maps reach, each judged without itself, and is full half as far beyond a map threshold.",
        HelpName = "LOW,HIGH",
    };

    private static readonly Option<float?> MapThreshold = new("--map-threshold")
    {
        Description =
            "Report (and draw) connected areas of the anomaly map above this value, instead of the recipe's map threshold. What maps "
            + "reach stands in the results (map, mapMax).",
        HelpName = "VALUE",
    };

    private static readonly Option<string> Dump = new("--dump")
    {
        Description =
            "Write maps, scores, resized pictures and latents, prefixed by each picture's file name without extension; at most "
            + $"{InspectRequest.MaxDumpedImages} pictures.",
        HelpName = "FILE",
    };

    private static readonly Option<bool> DumpLayers = new("--dump-layers") { Description = "Add raw tensors of the networks to the dump." };

    private static readonly Option<int> Threads = new("--threads")
    {
        Description = "Threads of the networks and of the bank search; 0 = one per core.",
        HelpName = "N",
    };

    private static readonly ProviderOptions Providers = new();

    private static readonly Option<bool> Json = new("--json") { Description = "Write one JSON object per picture to standard output." };

    public static Command Create(Terminal terminal)
    {
        var command = new Command("inspect", "Judge pictures: scores, evidence and heatmaps.")
        {
            Images,
            Pack,
            RecipeFile,
            References,
            ProfileName,
            Out,
            Scale,
            MapThreshold,
            Dump,
            DumpLayers,
            Threads,
            Json,
        };
        Providers.AddTo(command);
        command.SetAction((parsed, cancellation) => RunAsync(parsed, terminal, cancellation));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        InspectRequest request = Read(parsed);
        IJudgementReport report = parsed.GetValue(Json)
            ? new JsonJudgementReport(terminal.Out)
            : new TableJudgementReport(terminal.Out, request);
        OverlayFolder? overlays = request.OverlayFolder is { } folder ? OverlayFolder.Open(folder) : null;
        if (!request.Images.Any(i => i.Fault is null))
        {
            foreach (InputImage image in request.Images)
                report.Failed(image.Path, image.Fault!);
            return ExitCode.Failed;
        }

        using InspectSession session = await Steps
            .RunAsync(terminal, "opening the pack", steps => InspectSession.Open(request, steps, cancellation))
            .ConfigureAwait(false);
        if (session.Notice is { } notice)
            terminal.WriteNote(notice);
        if (session.References < request.References.Count)
            terminal.WriteNote("the references are not used: no branch of the recipe compares with good parts");
        terminal.WriteNote(
            $"profile {PictureJudgement.Text(request.Recipe.Profile)}, {session.ShotMode}, references: {session.References}, pack "
                + $"{session.PackName}, recipe {request.Revision}"
        );

        // Rows on the same screen show that it goes on; a spinner would run into them.
        var judging = terminal.ResultsOnScreen ? terminal with { IsInteractive = false } : terminal;
        int failed = judging.IsInteractive
            ? await Steps.RunAsync(judging, "judging", steps => session.Judge(report, overlays, steps, cancellation)).ConfigureAwait(false)
            : await Task.Run(() => session.Judge(report, overlays, null, cancellation), cancellation).ConfigureAwait(false);
        if (session.Providers is { Provider: { } provider } and not { Provider: "cpu" })
            terminal.WriteNote($"the networks ran on {provider}");
        if (session.BankSearch is { } place)
            terminal.WriteNote(place);
        if (overlays?.Summary is { } summary)
            terminal.WriteNote(summary);
        if (failed > 0)
            terminal.WriteError($"{failed} of {request.Images.Count} pictures could not be judged");
        return failed == 0 ? ExitCode.Clean : ExitCode.Failed;
    }

    private static InspectRequest Read(ParseResult parsed)
    {
        string recipeFile = parsed.GetRequiredValue(RecipeFile),
            pack = parsed.GetRequiredValue(Pack);
        if (!File.Exists(recipeFile))
            throw new UsageException($"--recipe {recipeFile}: there is no such file");
        if (!Directory.Exists(pack))
            throw new UsageException($"--pack {pack}: there is no such folder");
        StationRecipe recipe = StationRecipeReader.ReadForTrial(recipeFile).Recipe;
        if (parsed.GetValue(ProfileName) is { } profile)
        {
            // Written and read again, so that a profile that leaves no branch is found as in a file.
            Recipe method = recipe.Method with
            {
                Profile = Enum.Parse<Profile>(profile, ignoreCase: true),
            };
            recipe = recipe with { Method = RecipeReader.Read(RecipeWriter.Canonical(method), $"{recipeFile} with --profile {profile}") };
        }

        string revision = recipe.Method.Revision;
        recipe = recipe with { Method = Settled(recipe.Method, pack) };
        string folder = Path.GetDirectoryName(Path.GetFullPath(recipeFile))!;
        bool hasReferences = parsed.GetResult(References) is { Implicit: false };
        IReadOnlyList<InputImage> references = hasReferences
            ? InputImage.Expand("--reference", parsed.GetValue(References) ?? [])
            : InputImage.Expand(
                $"--recipe {recipeFile}: reference",
                recipe.References.Select(r => Path.GetRelativePath(".", Path.Combine(folder, r)))
            );

        return InspectRequest.Check(
            new InspectRequest
            {
                Pack = pack,
                Station = recipe,
                Revision = revision,
                RecipeFolder = folder,
                Images = InputImage.Expand("IMAGE", parsed.GetValue(Images) ?? []),
                References = references,
                OverlayFolder = parsed.GetValue(Out),
                Scale = ParseScale(parsed.GetValue(Scale)),
                MapThreshold = ParseMapThreshold(parsed.GetValue(MapThreshold)) ?? MapThresholdOf(recipe, references.Count > 0),
                DumpFile = parsed.GetValue(Dump),
                DumpLayers = parsed.GetValue(DumpLayers),
                Providers = Providers.Read(parsed),
                Threads = parsed.GetValue(Threads) is var threads and >= 0 and <= InspectRequest.MaxThreads
                    ? threads
                    : throw new UsageException($"--threads {parsed.GetValue(Threads)}: 0 to {InspectRequest.MaxThreads} are expected"),
            }
        );
    }

    /// <summary>The recipe as it is on the pack; one that can't be read is told when it is opened.</summary>
    private static Recipe Settled(Recipe recipe, string pack)
    {
        PackManifest manifest;
        try
        {
            manifest = PackVerifier.ReadManifest(pack);
        }
        catch (Exception e) when (e is PackException or IOException or UnauthorizedAccessException)
        {
            return recipe;
        }

        try
        {
            return PackRecipe.Settle(recipe, manifest);
        }
        catch (PackRecipeException e)
        {
            throw new UsageException($"the recipe does not fit: {e.Message}", e);
        }
    }

    private static float? ParseMapThreshold(float? threshold) =>
        threshold is not { } value || float.IsFinite(value)
            ? threshold
            : throw new UsageException($"--map-threshold {threshold}: a finite number is expected");

    private static float? MapThresholdOf(StationRecipe recipe, bool hasReferences) =>
        (float?)
            recipe.MapThresholds[
                recipe.Method.Profile,
                hasReferences && (recipe.Method.UsedBranches & Branches.Compared) != 0 ? ShotMode.FewShot : ShotMode.ZeroShot
            ];

    private static (float Low, float High)? ParseScale(string? text)
    {
        if (text is null)
            return null;
        string[] parts = text.Split(',');
        if (parts.Length == 2 && TryFinite(parts[0], out float low) && TryFinite(parts[1], out float high) && low < high)
            return (low, high);
        throw new UsageException($"--scale {text}: two numbers with a comma between them are expected, the lower one first");
    }

    private static bool TryFinite(string text, out float value) =>
        float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && float.IsFinite(value);
}
