using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Maps;
using ClipFusion.Inspection.Recipes;

namespace ClipFusion.EdgeDaemon.Pictures;

/// <summary>
/// What good parts' maps reach under an active recipe, for the colours of pictures: by its references, or where those can't say it (there
/// are fewer than two) by the last parts that were judged OK. Safe for several threads.
/// </summary>
/// <param name="references">What the references say.</param>
/// <param name="own">The recipe's profile.</param>
/// <param name="held">The profile whose result stands in at a deadline; null where there is none.</param>
internal sealed class NormalLevels(NormalReach references, Profile own, Profile? held)
{
    /// <summary>Parts that are looked back at.</summary>
    private const int Parts = 32;

    private readonly Lock _lock = new();
    private readonly Dictionary<Profile, Queue<float>> _judged = [];

    /// <summary>Nothing is known yet.</summary>
    public static NormalLevels Unknown => new(NormalReach.Unknown, Profile.ClipFusion, null);

    /// <summary>The greatest value of good parts' maps by a profile; null = not known yet.</summary>
    public float? Of(Profile profile)
    {
        if (FromReferences(profile) is { } reach)
            return reach;
        lock (_lock)
            return _judged.TryGetValue(profile, out Queue<float>? seen) && seen.Count > 0 ? seen.Max() : null;
    }

    /// <summary>Takes the map of a part that was judged OK, where the references say nothing.</summary>
    public void Note(VerdictRecord verdict, PooledAnomalyMap? map)
    {
        if (verdict.Verdict != Verdict.Ok || map is null)
            return;
        Profile profile = ProfileOf(verdict);
        if (FromReferences(profile) is not null)
            return;
        float peak = MapStatistics.Max(map.Values);
        lock (_lock)
        {
            if (!_judged.TryGetValue(profile, out Queue<float>? seen))
                _judged[profile] = seen = new Queue<float>(Parts);
            if (seen.Count == Parts)
                seen.Dequeue();
            seen.Enqueue(peak);
        }
    }

    /// <summary>The profile that a verdict comes from.</summary>
    public static Profile ProfileOf(VerdictRecord verdict) => ProfileNames.Find(verdict.Profile) ?? Profile.ClipFusion;

    private float? FromReferences(Profile profile) =>
        profile == own ? references.Own
        : profile == held ? references.Held
        : null;
}
