using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Storage;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>Makes a reference set the one that is judged by, at a station and wherever else its recipe is active.</summary>
/// <param name="station">Where it is asked for.</param>
/// <param name="all">Every station.</param>
/// <param name="links">What all stations share.</param>
/// <param name="stop">The program's end.</param>
internal sealed class SetActivation(Station station, IReadOnlyList<Station> all, EnrollmentLinks links, CancellationToken stop)
{
    /// <summary>Finds the set that is meant and begins the change: the station refuses triggers from now on, until <see cref="Finish"/> is
    /// through.</summary>
    /// <param name="asked">Activate or roll back.</param>
    /// <param name="recipe">Name of the recipe; null for the station's.</param>
    /// <exception cref="EnrollmentException">There is no such set, or another change is under way.</exception>
    public ReferenceSet Begin(EnrollContent asked, string? recipe)
    {
        recipe ??=
            station.Recipes.Stamp?.Name
            ?? throw new EnrollmentException(Code.EnrollmentFailed, "no recipe is active at this station; \"recipe\" is expected");
        int set =
            asked.Set
            ?? (asked.Action == EnrollAction.Rollback ? links.References.Index(recipe).Previous : Newest(recipe))
            ?? throw new EnrollmentException(
                Code.EnrollmentFailed,
                asked.Action == EnrollAction.Rollback
                    ? $"recipe '{recipe}' has no reference set of before to return to"
                    : $"recipe '{recipe}' has no reference set; finish one first"
            );
        ReferenceSet found = links.References.Find(recipe, set);
        return station.Recipes.TryBeginChange() ? found : throw new EnrollmentException(Code.Busy, "another recipe change is under way");
    }

    /// <summary>Goes through with it. Blocks.</summary>
    public RecipeOutcome Finish(ReferenceSet set)
    {
        RecipeOutcome outcome = links.Recipes.FinishChangeAsync(station, set.Recipe, set.Number, stop).GetAwaiter().GetResult();
        if (outcome.Code != Code.None)
            return outcome;
        // One that is changing its recipe finds the set by itself.
        foreach (Station other in all.Where(s => s != station && s.Recipes.Stamp?.Name == set.Recipe && s.Recipes.TryBeginChange()))
            links.Recipes.FinishChangeAsync(other, set.Recipe, set: null, stop).GetAwaiter().GetResult();
        return outcome;
    }

    private int? Newest(string recipe) => links.References.Sets(recipe) is [.., var newest] ? newest : null;
}
