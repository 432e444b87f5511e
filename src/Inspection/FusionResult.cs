using ClipFusion.Inspection.Maps;

namespace ClipFusion.Inspection;

/// <summary>
/// Fused maps and scores of one image and the branches that they were made of. The maps' memory belongs to this object and is written over
/// by the next image, so a station that keeps one result allocates nothing per image; copy what has to live longer.
/// </summary>
/// <remarks>Null means "not part of this judgement", never "nothing found".</remarks>
public sealed class FusionResult
{
    private readonly AnomalyMap?[] _buffers = new AnomalyMap?[7];

    /// <summary>A result for maps of one size.</summary>
    /// <param name="height">Rows of every map, at least 1.</param>
    /// <param name="width">Columns of every map, at least 1.</param>
    public FusionResult(int height, int width)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        (Height, Width) = (height, width);
    }

    /// <summary>Rows of every map.</summary>
    public int Height { get; }

    /// <summary>Columns of every map.</summary>
    public int Width { get; }

    /// <summary>M^{CLIP,L}, 0..1; not smoothed, as the other branches.</summary>
    public AnomalyMap? ClipLanguage { get; internal set; }

    /// <summary>M^{CLIP,V}, 0..1 but for rounding (equation 7).</summary>
    public AnomalyMap? ClipVision { get; internal set; }

    /// <summary>M^{Diff,L}, 0..1 (equation 6).</summary>
    public AnomalyMap? DiffLanguage { get; internal set; }

    /// <summary>M^{Diff,V}, 0..1 but for rounding (equation 8).</summary>
    public AnomalyMap? DiffVision { get; internal set; }

    /// <summary>M^{B,V}, 0..1 but for rounding: the mean of the backbone's layers.</summary>
    public AnomalyMap? BackboneVision { get; internal set; }

    /// <summary>The language branches fused, smoothed; null without a language branch.</summary>
    public AnomalyMap? ZeroShot { get; internal set; }

    /// <summary>All branches fused (equation 4), 0..2, smoothed; null without references or vision branches.</summary>
    public AnomalyMap? FewShot { get; internal set; }

    /// <summary>The scores of branches and fusion.</summary>
    public FusionScores Scores { get; internal set; }

    /// <summary>The anomaly map: few-shot where there are references, else zero-shot.</summary>
    /// <exception cref="InvalidOperationException">Nothing has been fused into this yet.</exception>
    public AnomalyMap Map => FewShot ?? ZeroShot ?? throw new InvalidOperationException("nothing has been fused: there is no map");

    /// <summary>The anomaly score that belongs to <see cref="Map"/>, 0..2.</summary>
    /// <exception cref="InvalidOperationException">Nothing has been fused into this yet.</exception>
    public float Score =>
        Scores.FewShot ?? Scores.ZeroShot ?? throw new InvalidOperationException("nothing has been fused: there is no score");

    /// <summary>Takes back every map and score but keeps the memory.</summary>
    internal void Clear()
    {
        ClipLanguage = ClipVision = DiffLanguage = DiffVision = BackboneVision = ZeroShot = FewShot = null;
        Scores = default;
    }

    /// <summary>The memory of map number <paramref name="slot"/> (0..6), made when first needed.</summary>
    internal AnomalyMap Buffer(int slot) => _buffers[slot] ??= new AnomalyMap(Height, Width);
}

/// <summary>The columns of a judgement's score; null where the branch, or for the fused ones every branch, is not part of it.</summary>
/// <param name="ClipLanguage">S^{CLIP,L}, 0..1 (equation 1 on the class embedding).</param>
/// <param name="ClipVision">S^{CLIP,V}, 0..1 (equation 11).</param>
/// <param name="DiffLanguage">S^{Diff,L}, 0..1 (equation 10).</param>
/// <param name="DiffVision">S^{Diff,V}, 0..1 (equation 11).</param>
/// <param name="ZeroShot">The language scores fused, 0..1.</param>
/// <param name="FewShot">All scores fused, 0..2 (equation 9).</param>
public readonly record struct FusionScores(
    float? ClipLanguage,
    float? ClipVision,
    float? DiffLanguage,
    float? DiffVision,
    float? ZeroShot,
    float? FewShot
)
{
    /// <summary>What of <see cref="FewShot"/> the vision branches give: the language branches add about the same to every picture of a
    /// product, which hides how unlike the others one is. Null without references.</summary>
    public float? Vision { get; init; }

    /// <summary>S^{B,V}, 0..1: the one of the two below that the recipe takes.</summary>
    public float? BackboneVision { get; init; }

    /// <summary>The greatest value of the backbone's map on the score grid.</summary>
    public float? BackboneMax { get; init; }

    /// <summary>The mean of the greatest hundredth of the backbone's map, on its first layer's grid.</summary>
    public float? BackboneTop1 { get; init; }
}
