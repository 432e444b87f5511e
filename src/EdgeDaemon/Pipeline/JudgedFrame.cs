using ClipFusion.Camera;
using ClipFusion.EdgeDaemon.Inspections;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>A frame whose verdict is decided, on its way to archive, heatmap and page. Owns frame and map; whoever takes it disposes it.</summary>
/// <param name="verdict">The verdict, as stored.</param>
/// <param name="frame">The frame.</param>
/// <param name="map">The anomaly map that the verdict came from; null where nothing was judged.</param>
/// <param name="recipe">What it was judged under, kept alive until <see cref="Dispose"/>.</param>
internal sealed class JudgedFrame(VerdictRecord verdict, Frame frame, PooledAnomalyMap? map, ActiveRecipe recipe) : IDisposable
{
    private PooledAnomalyMap? _map = map;
    private int _isDisposed;

    public VerdictRecord Verdict => verdict;

    public Frame Frame => frame;

    public PooledAnomalyMap? Map => _map;

    public ActiveRecipe Recipe => recipe;

    /// <summary>The map, from now on the caller's; null where there is none.</summary>
    public PooledAnomalyMap? TakeMap() => Interlocked.Exchange(ref _map, null);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0) return;
        frame.Dispose();
        TakeMap()?.Dispose();
        recipe.Release();
    }
}
