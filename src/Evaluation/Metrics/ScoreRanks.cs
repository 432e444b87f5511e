namespace ClipFusion.Evaluation.Metrics;

/// <summary>
/// Where the anomalous scores lie among the normal ones: for each distinct anomalous score, how many anomalous have it and how many normal
/// ones lie above it or tie with it. All rank metrics follow from these counts exactly; normal scores need not be kept or sorted.
/// </summary>
/// <remarks>A sample is called anomalous at a threshold when its score is at least the threshold; only distinct anomalous scores matter as thresholds.</remarks>
public sealed class ScoreRanks
{
    private readonly uint[] _keys;
    private readonly KeyIndex _index;
    private readonly long[] _below;
    private readonly long[] _tied;
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
        _below = new long[_keys.Length + 1];
        _tied = new long[_keys.Length];
        _above = new long[_keys.Length];
    }

    /// <summary>Distinct anomalous scores, which index everything else; ascending.</summary>
    public int Count => _keys.Length;

    /// <summary>All anomalous samples.</summary>
    public long AnomalousTotal { get; }

    /// <summary>All normal samples.</summary>
    public long NormalTotal { get; private set; }

    /// <summary>Anomalous samples of each distinct score.</summary>
    internal long[] Anomalous { get; }

    /// <summary>Normal samples that score as the anomalous ones do.</summary>
    internal ReadOnlySpan<long> Tied => _tied;

    /// <summary>Normal samples that score more.</summary>
    internal ReadOnlySpan<long> Above => _above;

    /// <summary>The distinct score of number <paramref name="i"/>.</summary>
    public float Score(int i) => ScoreKey.ToScore(_keys[i]);

    /// <summary>False alarms when everything from score number <paramref name="i"/> on is called anomalous.</summary>
    public long FalseAlarms(int i) => _above[i] + _tied[i];

    /// <summary>The number of a score that is there.</summary>
    internal int IndexOf(uint key) => _index.LowerBound(key);

    /// <summary>Counts one normal score.</summary>
    internal void AddNormal(uint key)
    {
        int place = _index.LowerBound(key);
        if (place < _keys.Length && _keys[place] == key) _tied[place]++;
        else _below[place]++;
        NormalTotal++;
    }

    /// <summary>Ends the counting.</summary>
    internal ScoreRanks Complete()
    {
        long above = _below[^1];
        for (int i = _keys.Length - 1; i >= 0; i--)
        {
            _above[i] = above;
            above += _tied[i] + _below[i];
        }

        return this;
    }
}
