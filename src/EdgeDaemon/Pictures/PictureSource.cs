using ClipFusion.Camera;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Recipes;
using ClipFusion.Imaging;

namespace ClipFusion.EdgeDaemon.Pictures;

/// <summary>What pictures are made of.</summary>
/// <param name="Verdict">The verdict, as stored.</param>
/// <param name="Frame">The frame; borrowed, it is copied.</param>
/// <param name="Map">The anomaly map, handed over whatever happens; null where nothing was judged.</param>
/// <param name="Recipe">What it was judged under.</param>
/// <param name="Ignore">What of it was not judged; null for nothing.</param>
/// <param name="Levels">What good parts' maps reach under the recipe.</param>
internal readonly record struct PictureSource(
    VerdictRecord Verdict,
    Frame Frame,
    PooledAnomalyMap? Map,
    StationRecipe Recipe,
    IgnoreMask? Ignore,
    NormalLevels Levels
);
