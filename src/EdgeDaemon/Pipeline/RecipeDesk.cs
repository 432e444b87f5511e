using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.EdgeDaemon.Diagnostics;
using ClipFusion.EdgeDaemon.Inspections;
using ClipFusion.EdgeDaemon.Recipes;
using Microsoft.Extensions.Logging;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>How a recipe change ended.</summary>
/// <param name="Code"><see cref="Inspections.Code.None"/> when the recipe is active.</param>
/// <param name="Why">Why not, for people.</param>
internal readonly record struct RecipeOutcome(Code Code, string? Why);

/// <summary>Makes recipes active: beside the triggers, which are refused meanwhile, and below every due inspection.</summary>
/// <param name="networks">The networks; changes wait for them.</param>
/// <param name="config">Where recipes lie, and where each station's active one is remembered.</param>
/// <param name="turns">Who has the networks.</param>
/// <param name="log">Where changes are noted.</param>
internal sealed partial class RecipeDesk(WarmNetworks networks, ApplianceConfig config, FairTurn turns, ILogger log)
{
    /// <summary>What was active when the box went down is active again; the configuration names the very first one.</summary>
    public async Task RestoreAsync(Station station, CancellationToken stop)
    {
        string? first;
        try
        {
            first = Remembered(station).Name ?? station.Config.Recipe;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogFailed(station.Name, "of the last run", e.Message);
            return;
        }

        if (first is not null && station.Recipes.TryBeginChange()) await FinishChangeAsync(station, first, stop).ConfigureAwait(false);
    }

    /// <summary>Goes through with a change that was begun (<see cref="RecipeSlot.TryBeginChange"/>), and ends it.</summary>
    /// <param name="station">Whose recipe.</param>
    /// <param name="numberOrName">What the caller sent.</param>
    /// <param name="stop">The program's end.</param>
    public async Task<RecipeOutcome> FinishChangeAsync(Station station, string numberOrName, CancellationToken stop)
    {
        ActiveRecipe? active = null;
        string? why = null;
        RecipeOutcome outcome;
        try
        {
            active = await LoadAsync(numberOrName, stop).ConfigureAwait(false);
            KillPoint.Pass(KillStep.RecipeLoaded);
            Remembered(station).Name = active.Stamp.Name;
            KillPoint.Pass(KillStep.RecipeRemembered);
            LogActive(station.Name, active.Stamp.Name, active.Stamp.Revision);
            outcome = new(Code.None, null);
        }
        catch (Exception e) when (e is RecipeUnusableException or IOException or UnauthorizedAccessException)
        {
            active?.Release();
            (active, why) = (null, e.Message);
            outcome = new(e is RecipeUnusableException { IsUnknown: true } ? Code.UnknownRecipe : Code.RecipeFailed, e.Message);
            LogFailed(station.Name, numberOrName, e.Message);
        }
        finally
        {
            station.Recipes.EndChange(active, why);
        }

        return outcome;
    }

    private async Task<ActiveRecipe> LoadAsync(string numberOrName, CancellationToken stop)
    {
        OpenPack pack = await networks.WhenOpenAsync(stop).ConfigureAwait(false);
        int threads = config.Threads > 0 ? config.Threads : Environment.ProcessorCount;
        Task<ActiveRecipe> loading = Task.Run(
            () =>
            {
                RecipeCatalogue catalogue = RecipeCatalogue.Load(config.RecipeFolder, stop);
                if (catalogue.Find(numberOrName) is not { } entry) throw new RecipeUnusableException($"there is no recipe '{numberOrName}' in {catalogue.Folder}") { IsUnknown = true };
                if (entry.Recipe is null) throw new RecipeUnusableException($"recipe '{entry.Name}': {string.Join("; ", entry.Errors)}");
                return ActiveRecipe.Load(pack, catalogue, entry.Recipe, threads, turns, stop);
            },
            stop);
        // Not every step of it can be interrupted: the stop does not wait for it.
        networks.KeepFor(loading);
        return await loading.WaitAsync(stop).ConfigureAwait(false);
    }

    private RememberedRecipe Remembered(Station station) => new(config.DataFolder, station.Name);

    [OperatorAction("Nothing.")]
    [LoggerMessage(1002, LogLevel.Information, "Station {Station}: recipe {Recipe} (revision {Revision}) is active")]
    private partial void LogActive(string station, string recipe, string revision);

    [OperatorAction("Correct the recipe and set it again. What was active before goes on; at a start there is none, and triggers are refused NOT_READY.")]
    [LoggerMessage(1003, LogLevel.Error, "Station {Station}: recipe {Recipe} can't be made active: {Why}")]
    private partial void LogFailed(string station, string recipe, string why);
}
