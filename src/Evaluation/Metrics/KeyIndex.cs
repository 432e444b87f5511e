using System.Numerics;

namespace ClipFusion.Evaluation.Metrics;

/// <summary>
/// Finds a key's place among sorted distinct keys. Scores crowd into a few exponents, so a table over the range that they use leaves a
/// handful of keys to search, where a binary search over millions would miss the cache at every step.
/// </summary>
internal sealed class KeyIndex
{
    private const int TableBits = 20;

    private readonly uint[] _keys;
    private readonly int[] _starts;
    private readonly int _shift;

    /// <summary>An index over keys.</summary>
    /// <param name="keys">Ascending, distinct, at least one; kept, not copied.</param>
    public KeyIndex(uint[] keys)
    {
        _keys = keys;
        uint range = keys[^1] - keys[0];
        _shift = Math.Max(0, 32 - BitOperations.LeadingZeroCount(range) - TableBits);
        _starts = new int[(range >> _shift) + 2];
        int bucket = 0;
        for (int i = 0; i < keys.Length; i++)
        {
            for (int last = (int)((keys[i] - keys[0]) >> _shift); bucket <= last; bucket++)
                _starts[bucket] = i;
        }

        _starts[bucket] = keys.Length;
    }

    /// <summary>The number of keys below <paramref name="key"/>: the place of the first one that is not.</summary>
    public int LowerBound(uint key)
    {
        if (key <= _keys[0])
            return 0;
        if (key > _keys[^1])
            return _keys.Length;
        uint bucket = (key - _keys[0]) >> _shift;
        int low = _starts[bucket],
            high = _starts[bucket + 1];
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_keys[middle] < key)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }
}
