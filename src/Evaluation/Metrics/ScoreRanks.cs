namespace ClipFusion.Evaluation.Metrics;

/// <summary>
/// Where the anomalous scores lie among the normal ones: for each distinct anomalous score, how many anomalous have it and how many normal
/// ones lie above it or tie with it. All rank metrics follow from these counts exactly; normal scores need not be kept or sorted.
/// </summary>
/// <remarks>A sample is called anomalous at a threshold when its score is at least the threshold; only distinct anomalous scores matter as
/// thresholds.</remarks>
public sealed class ScoreRanks
{
    private readonly uint[] _keys;
    private readonly KeyIndex _index;
    private readonly NormalCounts _normal;
    private readonly long[] _above;

    /// <summary>Ranks without normal scores yet.</summary>
    /// <param name="sorted">Keys of the anomalous scores, ascending, at least one.</param>
    internal ScoreRanks(ReadOnlySpan<uint> sorted)
    {
        var keys = new List<uint>();
        var counts = new List<long>();
        foreach (uint key in sorted)
        {
            if (keys.Count == 0 || keys[^1] != key)
            {
                keys.Add(key);
                counts.Add(0);
            }

            counts[^1]++;
        }

        _keys = [.. keys];
        Anomalous = [.. counts];
        AnomalousTotal = sorted.Length;
        _index = new KeyIndex(_keys);
        _normal = NewCounts();
        _above = new long[_keys.Length];
    }

    /// <summary>Distinct anomalous scores, which index everything else; ascending.</summary>
    public int Count => _keys.Length;

    /// <summary>All anomalous samples.</summary>
    public long AnomalousTotal { get; }

    /// <summary>All normal samples.</summary>
    public long NormalTotal => _normal.Total;

    /// <summary>Anomalous samples of each distinct score.</summary>
    internal long[] Anomalous { get; }

    /// <summary>Normal samples that score as the anomalous ones do.</summary>
    internal ReadOnlySpan<long> Tied => _normal.Tied;

    /// <summary>Normal samples that score more.</summary>
    internal ReadOnlySpan<long> Above => _above;

    /// <summary>The distinct score of number <paramref name="i"/>.</summary>
    public float Score(int i) => ScoreKey.ToScore(_keys[i]);

    /// <summary>False alarms when everything from score number <paramref name="i"/> on is called anomalous.</summary>
    public long FalseAlarms(int i) => _above[i] + _normal.Tied[i];

    /// <summary>The number of a score that is there.</summary>
    internal int IndexOf(uint key) => _index.LowerBound(key);

    /// <summary>Empty counts, for one thread; to be taken in by <see cref="Add"/>.</summary>
    internal NormalCounts NewCounts() => new(_keys, _index);

    /// <summary>Counts one normal score.</summary>
    internal void AddNormal(uint key) => _normal.Add(key);

    /// <summary>Takes a thread's counts in.</summary>
    internal void Add(NormalCounts counts) => _normal.Add(counts);

    /// <summary>Ends the counting.</summary>
    internal ScoreRanks Complete()
    {
        long above = _normal.Below[^1];
        for (int i = _keys.Length - 1; i >= 0; i--)
        {
            _above[i] = above;
            above += _normal.Tied[i] + _normal.Below[i];
        }

        return this;
    }

    /// <summary>Normal scores by their place among the distinct anomalous ones.</summary>
    internal sealed class NormalCounts(uint[] keys, KeyIndex index)
    {
        /// <summary>Between each distinct score and the one before; the last is what lies above all.</summary>
        public long[] Below { get; } = new long[keys.Length + 1];

        /// <summary>Equal to each distinct score.</summary>
        public long[] Tied { get; } = new long[keys.Length];

        /// <summary>All.</summary>
        public long Total { get; private set; }

        public void Add(uint key)
        {
            int place = index.LowerBound(key);
            if (place < keys.Length && keys[place] == key)
                Tied[place]++;
            else
                Below[place]++;
            Total++;
        }

        public void Add(NormalCounts other)
        {
            for (int i = 0; i < Below.Length; i++)
                Below[i] += other.Below[i];
            for (int i = 0; i < Tied.Length; i++)
                Tied[i] += other.Tied[i];
            Total += other.Total;
        }
    }
}
