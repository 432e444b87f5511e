using System.Collections.Immutable;
using ClipFusion.Camera;
using ClipFusion.Camera.Simulation;
using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.EdgeDaemon.Pictures;
using ClipFusion.EdgeDaemon.Pipeline;
using ClipFusion.EdgeDaemon.Recipes;
using ClipFusion.EdgeDaemon.Runtime;
using ClipFusion.Foundation.Files;
using ClipFusion.Imaging;
using ClipFusion.Inspection.Calibration;
using ClipFusion.OnnxInference;
using ClipFusion.OnnxInference.Providers;

namespace ClipFusion.Cli.Demo;

/// <summary>How far a preparation is.</summary>
/// <param name="Step">In a few words.</param>
/// <param name="Done">Parts done.</param>
/// <param name="Of">Parts altogether.</param>
internal readonly record struct PreparationStep(string Step, int Done, int Of);

/// <summary>
/// What a technician does before a line runs: takes pictures of good parts to compare with, and lets further good parts through to see how
/// high good parts score. Thresholds come from good parts alone, judged by the recipe that the box will load.
/// </summary>
/// <param name="config">The box's.</param>
/// <param name="line">Where the parts come from.</param>
/// <param name="material">What the line makes, as the configuration names it.</param>
internal sealed class DemoPreparation(ApplianceConfig config, SimulatedLine line, string material)
{
    private static readonly TimeSpan FrameTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Writes references and recipe.</summary>
    /// <returns>The threshold of the recipe's profile.</returns>
    public async Task<ConformalThreshold> RunAsync(IProgress<PreparationStep> progress, CancellationToken cancellation)
    {
        PartsSetAside parts = PartsSetAside.From(line.Truth);
        Directory.CreateDirectory(config.RecipeFolder);
        await using IFrameSource camera = Cameras.Of(config.Stations[0], TimeProvider.System);
        await camera.OpenAsync(cancellation).ConfigureAwait(false);
        StationRecipe recipe = Recipe(await PhotographAsync(camera, parts.References, progress, cancellation).ConfigureAwait(false));

        progress.Report(new("good parts that set the threshold", 0, parts.Calibration.Length));
        using var networks = new WarmNetworks(config.ModelPack, new SessionSettings(config.Threads), ProviderSettings.CpuOnly);
        OpenPack pack = await networks.OpenAsync(cancellation).ConfigureAwait(false);
        RecipeCatalogue catalogue = RecipeCatalogue.Load(config.RecipeFolder, cancellation);
        ActiveRecipe active = await Task.Run(
                () => ActiveRecipe.Load(pack, catalogue, recipe, Environment.ProcessorCount, new NetworkScheduler(), cancellation),
                cancellation
            )
            .ConfigureAwait(false);
        try
        {
            var scores = new CalibrationScores(recipe.Method.Profile, DemoLine.Alpha);
            foreach (long number in parts.Calibration)
            {
                using Frame frame = await camera.TriggerAsync(new TriggerContext(number, FrameTimeout), cancellation).ConfigureAwait(false);
                await Task.Run(() => FramePixels.Use(frame, view => scores.Add(active.Inspector, view, cancellation)), cancellation)
                    .ConfigureAwait(false);
                progress.Report(new("good parts that set the threshold", scores.Parts, parts.Calibration.Length));
            }

            Write(recipe with { Rule = scores.Rule, MapThresholds = scores.MapThresholds });
            return scores.Threshold;
        }
        finally
        {
            active.Release();
        }
    }

    /// <summary>PNG files in the recipes' folder, as a technician's would lie there.</summary>
    private async Task<ImmutableArray<string>> PhotographAsync(
        IFrameSource camera,
        ImmutableArray<long> numbers,
        IProgress<PreparationStep> progress,
        CancellationToken cancellation
    )
    {
        var files = ImmutableArray.CreateBuilder<string>(numbers.Length);
        foreach (long number in numbers)
        {
            progress.Report(new("pictures of good parts to compare with", files.Count, numbers.Length));
            string name = $"good{files.Count + 1}.png";
            using Frame frame = await camera.TriggerAsync(new TriggerContext(number, FrameTimeout), cancellation).ConfigureAwait(false);
            await Task.Run(() => FramePixels.Use(frame, view => Save(view, Path.Combine(config.RecipeFolder, name))), cancellation)
                .ConfigureAwait(false);
            files.Add(name);
        }

        progress.Report(new("pictures of good parts to compare with", files.Count, numbers.Length));
        return files.ToImmutable();
    }

    private StationRecipe Recipe(ImmutableArray<string> references) =>
        new()
        {
            Number = 1,
            Name = DemoLine.Recipe,
            Method = DemoLine.MethodFor(material),
            Deadline = DemoLine.Deadline,
            References = references,
        };

    private void Write(StationRecipe recipe) =>
        AtomicFile.Write(Path.Combine(config.RecipeFolder, $"{recipe.Name}.json"), Durability.Process, StationRecipeWriter.Write(recipe));

    private static void Save(ImageView view, string path) =>
        AtomicFile.Write(path, Durability.Process, view, static (file, view) => ImageCodec.EncodePng(view, file));
}
