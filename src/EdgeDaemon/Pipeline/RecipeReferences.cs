using ClipFusion.EdgeDaemon.Recipes;
using ClipFusion.EdgeDaemon.Runtime;
using ClipFusion.EdgeDaemon.Storage;
using Microsoft.Extensions.Logging;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>
/// By which references a recipe is judged: those of its active reference set; those that its file names where it has none, or where the
/// file names others than it did. What the file names becomes a set when it is activated, so that a roll back can return to it.
/// </summary>
/// <param name="store">The reference sets.</param>
/// <param name="log">Where failures are noted.</param>
internal sealed partial class RecipeReferences(ReferenceStore store, ILogger log)
{
    /// <summary>Finds what a recipe is judged by.</summary>
    /// <param name="recipe">As its file has it.</param>
    /// <param name="folder">Where its files lie.</param>
    /// <param name="requested">Number of the set that is wanted; null for whichever is the recipe's.</param>
    /// <param name="pack">Hash of the pack that is open.</param>
    /// <param name="cancellation">Ends the reading of files.</param>
    /// <exception cref="ReferenceException">The set can't be used.</exception>
    /// <exception cref="IOException">A file that the recipe names can't be read.</exception>
    public ReferenceChoice Choose(StationRecipe recipe, string folder, int? requested, string pack, CancellationToken cancellation)
    {
        ReferenceIndex index = store.Index(recipe.Name);
        string? named = Named(recipe, folder, index);
        int? number = requested ?? (named is not null && named != index.RecipeReferences ? null : index.Active);
        ReferenceSet? set = number is { } n ? store.Open(recipe.Name, n, cancellation) : null;
        // Zero-shot: the file names none any more.
        if (requested is null && set is { IsTaught: false } && named is null)
            set = null;
        bool isFile = set is null || (!set.IsTaught && set.Version == named);
        return new ReferenceChoice(
            set,
            named,
            isFile ? null : new TaughtReferences(set!, [.. set!.Pictures.Select(p => store.PathOf(set, p))], index.Find(set.Number, pack))
        );
    }

    /// <summary>Makes a set of what the recipe's file names, where it is none yet. A disk that refuses that does not keep the recipe from
    /// judging: the next activation tries again.</summary>
    public ReferenceChoice Import(StationRecipe recipe, string folder, ReferenceChoice chosen)
    {
        if (chosen.Set is not null || chosen.Named is not { } version)
            return chosen;
        try
        {
            return chosen with { Set = store.Import(recipe.Name, [.. recipe.References.Select(r => Path.Combine(folder, r))], version) };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ReferenceException)
        {
            LogNotKept(recipe.Name, e.Message);
            return chosen;
        }
    }

    /// <summary>Writes down by which references a recipe is judged from now on.</summary>
    /// <exception cref="IOException">The disk refuses: the ones before stay.</exception>
    public void Activate(string recipe, ReferenceChoice chosen, SetThresholds? thresholds)
    {
        store.Change(
            recipe,
            index =>
            {
                if (chosen.Set is not { } set)
                    // Not kept as a set: nothing is said, so that it is tried again.
                    return chosen.Named is not null || index.Active is null ? index : index with { Active = null, Previous = index.Active };
                index = index.Activate(set.Number);
                if (chosen.Taught is null && index.RecipeReferences != chosen.Named)
                    index = index with { RecipeReferences = chosen.Named };
                return thresholds is null || index.Find(set.Number, thresholds.Pack) == thresholds ? index : index.With(thresholds);
            }
        );
        KillPoint.Pass(KillStep.SetActivated);
    }

    /// <summary>The version of what the file names now; null where it names nothing. Files that are gone don't matter to a recipe that was
    /// taught.</summary>
    private string? Named(StationRecipe recipe, string folder, ReferenceIndex index)
    {
        if (recipe.References.IsEmpty)
            return null;
        try
        {
            return ContentHash.Of(recipe.References.Select(r => ContentHash.OfFile(Path.Combine(folder, r))));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException && IsTaught(index))
        {
            return index.RecipeReferences;
        }
    }

    private bool IsTaught(ReferenceIndex index) => index.Active is { } active && store.Find(index.Recipe, active).IsTaught;

    [OperatorAction(
        "Make room on the disk, or give the program the right to write to the data folder, and set the recipe again. It judges as it "
            + "should; only a roll back to these references is not possible yet."
    )]
    [LoggerMessage(1030, LogLevel.Warning, "The references of recipe {Recipe} could not be kept as a reference set: {Why}")]
    private partial void LogNotKept(string recipe, string why);
}

/// <summary>What a recipe is judged by.</summary>
/// <param name="Set">The reference set; null where there is none, or none yet.</param>
/// <param name="Named">Version of the pictures that the recipe's file names; null where it names none.</param>
/// <param name="Taught">What stands for the recipe's own references; null where those are read from where the file says.</param>
internal sealed record ReferenceChoice(ReferenceSet? Set, string? Named, TaughtReferences? Taught);
