using ClipFusion.Camera;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Recipes;
using ClipFusion.Imaging;

namespace ClipFusion.EdgeDaemon.Pictures;

/// <summary>A frame whose verdict is stored, on its way to archive, heatmap and page. Owns frame and map, and keeps its recipe
/// alive.</summary>
/// <param name="verdict">The verdict, as stored.</param>
/// <param name="frame">The frame.</param>
/// <param name="map">The anomaly map that the verdict came from; null where nothing was judged.</param>
/// <param name="recipe">What it was judged under.</param>
/// <param name="ignore">What of it was not judged; null for nothing.</param>
/// <param name="levels">What good parts' maps reach under the recipe.</param>
/// <param name="recipeUse">Keeps the recipe alive until <see cref="Dispose"/>.</param>
internal sealed class JudgedFrame(
    VerdictRecord verdict,
    Frame frame,
    PooledAnomalyMap? map,
    StationRecipe recipe,
    IgnoreMask? ignore,
    NormalLevels levels,
    IDisposable recipeUse
) : IDisposable
{
    private PooledAnomalyMap? _map = map;
    private int _isDisposed;

    public VerdictRecord Verdict => verdict;

    public Frame Frame => frame;

    public PooledAnomalyMap? Map => _map;

    public StationRecipe Recipe => recipe;

    public IgnoreMask? Ignore => ignore;

    public NormalLevels Levels => levels;

    /// <summary>The map, from now on the caller's; null where there is none.</summary>
    public PooledAnomalyMap? TakeMap() => Interlocked.Exchange(ref _map, null);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        frame.Dispose();
        TakeMap()?.Dispose();
        recipeUse.Dispose();
    }
}
