using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Recipes;
using ClipFusion.EdgeDaemon.Runtime;
using ClipFusion.EdgeDaemon.Storage;
using Microsoft.Extensions.Logging;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>How a recipe change ended.</summary>
/// <param name="Code"><see cref="Domain.Code.None"/> when the recipe is active.</param>
/// <param name="Why">Why not, for people.</param>
internal readonly record struct RecipeOutcome(Code Code, string? Why);

/// <summary>
/// Makes recipes active: beside the triggers, which are refused meanwhile, and below every due inspection. Every change ends, at the latest
/// with its deadline, and whatever goes wrong in it is an outcome and never the program's end.
/// </summary>
/// <param name="networks">The networks; changes wait for them.</param>
/// <param name="live">Where recipes lie, where each station's active one is remembered, and how long a change may take.</param>
/// <param name="references">By which references recipes are judged.</param>
/// <param name="turns">Who has the networks.</param>
/// <param name="time">Clocks.</param>
/// <param name="log">Where changes are noted.</param>
internal sealed partial class RecipeActivator(
    WarmNetworks networks,
    LiveConfig live,
    RecipeReferences references,
    NetworkScheduler turns,
    TimeProvider time,
    ILogger log
)
{
    // One a station: a making that does not end, in a library or on a dead file server, is followed by no second one.
    private readonly Dictionary<string, Task> _makings = new(StringComparer.Ordinal);
    private readonly ApplianceConfig _config = live.Current;

    /// <summary>What was active when the box went down is active again; the configuration names the very first one.</summary>
    public async Task RestoreAsync(Station station, CancellationToken stop)
    {
        if (!station.Recipes.TryBeginChange())
            return;
        string? first = null;
        try
        {
            first = Remembered(station).Name ?? station.Config.Recipe;
            // A pack is large, and is checked when it is opened: no change waits for that but the first.
            if (first is not null)
                await networks.WhenOpenAsync(stop).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogFailed(station.Name, "of the last run", e.Message);
            station.Recipes.EndChange(null, $"the recipe of the last run can't be told: {e.Message}");
            return;
        }
        catch
        {
            station.Recipes.EndChange(null);
            throw;
        }

        if (first is null)
            station.Recipes.EndChange(null);
        else
            await FinishChangeAsync(station, first, set: null, stop).ConfigureAwait(false);
    }

    /// <summary>Goes through with a change that was begun (<see cref="StationRecipes.TryBeginChange"/>), and ends it.</summary>
    /// <param name="station">Whose recipe.</param>
    /// <param name="numberOrName">What the caller sent.</param>
    /// <param name="set">Number of the reference set that is to be active from now on; null for whichever is.</param>
    /// <param name="stop">The program's end.</param>
    /// <exception cref="OperationCanceledException">The program ends.</exception>
    public async Task<RecipeOutcome> FinishChangeAsync(Station station, string numberOrName, int? set, CancellationToken stop)
    {
        using var deadline = new RecipeDeadline(live.Current.RecipeDeadline, time);
        ActiveRecipe? active = null;
        var outcome = new RecipeOutcome(Code.RecipeFailed, "the program is being stopped");
        try
        {
            (active, ReferenceChoice chosen) = await MakeAsync(station.Name, numberOrName, set, deadline, stop).ConfigureAwait(false);
            KillPoint.Pass(KillStep.RecipeLoaded);
            references.Activate(active.Stamp.Name, chosen, active.Taught);
            Remembered(station).Name = active.Stamp.Name;
            KillPoint.Pass(KillStep.RecipeRemembered);
            LogActive(station.Name, active.Stamp.Name, active.Stamp.Revision);
            outcome = default;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e) when (e is RecipeUnusableException or ReferenceException or IOException or UnauthorizedAccessException)
        {
            outcome = new((e as RecipeUnusableException)?.Code ?? Code.RecipeFailed, e.Message);
            LogFailed(station.Name, numberOrName, e.Message);
        }
#pragma warning disable CA1031 // A mistake of ours must neither stop the other stations nor leave the caller without an answer.
        catch (Exception e)
#pragma warning restore CA1031
        {
            outcome = new(Code.RecipeFailed, $"a mistake in the program: {e.GetType().Name}: {e.Message}");
            LogUnexpected(e, station.Name, numberOrName);
        }
        finally
        {
            if (outcome.Code != Code.None)
            {
                active?.Release();
                active = null;
            }

            station.Recipes.EndChange(active, outcome.Why);
        }

        return outcome;
    }

    /// <summary>Makes a recipe, and gives up when its time is over, even where a step of it can't be interrupted.</summary>
    private async Task<(ActiveRecipe Recipe, ReferenceChoice Chosen)> MakeAsync(
        string station,
        string numberOrName,
        int? set,
        RecipeDeadline deadline,
        CancellationToken stop
    )
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(deadline.Passed, stop);
        CancellationToken end = ends.Token;
        string waitsFor = "the networks, which are not open yet";
        Task<(ActiveRecipe Recipe, ReferenceChoice Chosen)>? making = null;
        try
        {
            OpenPack pack = await networks.WhenOpenAsync(end).ConfigureAwait(false);
            waitsFor = "the making of the recipe before it, which can't be ended";
            await Last(station).WaitAsync(end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            end.ThrowIfCancellationRequested();
            waitsFor = "its making";
            making = Task.Run(() => Make(pack, numberOrName, set, deadline, end), end);
            lock (_makings)
                _makings[station] = making;
            networks.KeepFor(making);
            return await making.WaitAsync(end).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // Whatever becomes of it now, nobody has a use for it.
            _ = making?.ContinueWith(
                static m => m.Result.Recipe.Release(),
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnRanToCompletion,
                TaskScheduler.Default
            );
            if (stop.IsCancellationRequested)
                throw;
            throw new RecipeUnusableException(
                $"recipe '{numberOrName}' was not ready within {deadline.Limit.TotalSeconds:0.###} s (recipeDeadlineMs): it waited for "
                    + $"{waitsFor}"
            );
        }
    }

    private (ActiveRecipe Recipe, ReferenceChoice Chosen) Make(
        OpenPack pack,
        string numberOrName,
        int? set,
        RecipeDeadline deadline,
        CancellationToken end
    )
    {
        RecipeCatalogue catalogue = RecipeCatalogue.Load(_config.RecipeFolder, end);
        StationRecipe recipe = catalogue.Usable(numberOrName);
        ReferenceChoice chosen = references.Choose(recipe, catalogue.Folder, set, pack.Hash, end);
        var made = ActiveRecipe.Load(
            pack,
            catalogue,
            recipe,
            _config.Threads > 0 ? _config.Threads : Environment.ProcessorCount,
            turns,
            end,
            deadline,
            chosen.Taught,
            time.GetUtcNow()
        );
        return (made, references.Import(recipe, catalogue.Folder, chosen));
    }

    private Task Last(string station)
    {
        lock (_makings)
            return _makings.GetValueOrDefault(station, Task.CompletedTask);
    }

    private RememberedRecipe Remembered(Station station) => new(_config.DataFolder, station.Name);

    [OperatorAction("Nothing.")]
    [LoggerMessage(1002, LogLevel.Information, "Station {Station}: recipe {Recipe} (revision {Revision}) is active")]
    private partial void LogActive(string station, string recipe, string revision);

    [OperatorAction(
        "Correct the recipe and set it again. What was active before goes on; at a start there is none, and triggers are refused NOT_READY."
    )]
    [LoggerMessage(1003, LogLevel.Error, "Station {Station}: recipe {Recipe} can't be made active: {Why}")]
    private partial void LogFailed(string station, string recipe, string why);

    [OperatorAction(
        "Report it with the stack trace, the recipe and its pictures. What was active before goes on; at a start there is none, and "
            + "triggers are refused NOT_READY."
    )]
    [LoggerMessage(
        1020,
        LogLevel.Critical,
        "Station {Station}: recipe {Recipe} can't be made active because of a mistake in the program; please report it"
    )]
    private partial void LogUnexpected(Exception error, string station, string recipe);
}
