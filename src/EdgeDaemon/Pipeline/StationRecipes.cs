using ClipFusion.EdgeDaemon.Domain;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>The recipe that a station accepts triggers under, and the change to another. Safe for several threads.</summary>
internal sealed class StationRecipes : IDisposable
{
    private ActiveRecipe? _recipe;
    private int _isChanging;

    /// <summary>Raised after every change.</summary>
    public event Action? Changed;

    /// <summary>What triggers are accepted under; null while there is none.</summary>
    public RecipeStamp? Stamp => Volatile.Read(ref _recipe)?.Stamp;

    /// <summary>Where its thresholds come from; null while there are none.</summary>
    public ThresholdState? ThresholdState => Volatile.Read(ref _recipe)?.ThresholdState;

    /// <summary>Why the last change failed; null when it did not.</summary>
    public string? Failure { get; private set; }

    /// <summary>Whether a change is under way: triggers are refused.</summary>
    public bool IsChanging => Volatile.Read(ref _isChanging) != 0;

    /// <summary>Begins a change.</summary>
    /// <returns>Whether none was under way.</returns>
    public bool TryBeginChange()
    {
        if (Interlocked.Exchange(ref _isChanging, 1) != 0)
            return false;
        Changed?.Invoke();
        return true;
    }

    /// <summary>Ends a change; queued inspections keep the recipe of their acceptance.</summary>
    /// <param name="next">What is active from now on, owned by the slot; null leaves what was.</param>
    /// <param name="failure">Why there is nothing new.</param>
    public void EndChange(ActiveRecipe? next, string? failure = null)
    {
        Failure = failure;
        if (next is not null)
            Interlocked.Exchange(ref _recipe, next)?.Release();
        Volatile.Write(ref _isChanging, 0);
        Changed?.Invoke();
    }

    /// <summary>The recipe, kept alive for the caller, who releases it; null while there is none.</summary>
    public ActiveRecipe? Keep()
    {
        // One that was replaced between the two lines is gone; its successor is there then.
        while (Volatile.Read(ref _recipe) is { } recipe)
        {
            if (recipe.TryKeep())
                return recipe;
        }

        return null;
    }

    public void Dispose() => Interlocked.Exchange(ref _recipe, null)?.Release();
}
