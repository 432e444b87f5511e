namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>What the database says of a station's numbers, as it is stored.</summary>
/// <param name="Last">Of the table of stations; 0 where it has none.</param>
/// <param name="Highest">Of the station's inspections, those in range; 0 for none.</param>
internal readonly record struct StoredSequence(long Last, long Highest);

/// <summary>Where a station's numbers go on.</summary>
/// <param name="Known">The last number that counts as given.</param>
/// <param name="IsReset">Whether it had to jump.</param>
/// <param name="IsDamaged">Whether the database's own last number can't be what was written there.</param>
/// <param name="Ceiling">No inspection of the station can have a number above it; null where that is not known.</param>
internal readonly record struct SequenceStart(long Known, bool IsReset, bool IsDamaged, long? Ceiling)
{
    private const int ResetStep = 1000;

    /// <summary>Weighs what the database, the mark and the last answered numbers say: no number may come twice, and none may come from a
    /// damaged value.</summary>
    public static SequenceStart Of(
        StoredSequence stored,
        long? mark,
        Dictionary<string, long>? answeredNumbers,
        string station,
        bool isNewDatabase
    )
    {
        bool isInRange = stored.Last is >= 0 and <= StoredRules.LargestNumber - (1 << 20);
        // None is given out above the mark. Where the last number and an inspection are both above it, the mark is an old copy; the last
        // number alone is damage.
        bool isMarkOld = mark < stored.Highest && mark < stored.Last && isInRange;
        bool isDamaged = !isInRange || (stored.Last > mark && !isMarkOld);
        long? ceiling = isMarkOld ? null : mark;
        long highest = Math.Min(stored.Highest, ceiling ?? StoredRules.LargestNumber - (1 << 20));
        long known = Math.Max(isDamaged ? 0 : stored.Last, highest);

        // Without the file of answered numbers nobody can tell whether rows were lost.
        long answered = answeredNumbers?.GetValueOrDefault(station) ?? 0;
        bool isLost = isNewDatabase ? mark is not null || answered > 0 : (answeredNumbers is null ? mark ?? 0 : answered) > known;
        if (!isLost && !isDamaged && !isMarkOld)
            return new SequenceStart(known, IsReset: false, IsDamaged: false, ceiling);
        long above = Math.Max(Math.Max(mark ?? 0, answered), known);
        return new SequenceStart((above / ResetStep + 1) * ResetStep - 1, IsReset: true, isDamaged, ceiling);
    }
}
