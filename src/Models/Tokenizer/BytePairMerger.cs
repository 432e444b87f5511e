namespace ClipFusion.Models.Tokenizer;

/// <summary>
/// Byte-pair merging of one word in O(n log n): rounds, each of which merges every occurrence, left to right, of the pair that stands
/// earliest in the merge file. Pairs that a round creates wait for the next one, even if they rank lower, as upstream's loop has it.
/// </summary>
internal sealed class BytePairMerger
{
    private const int None = -1;

    private readonly MergeTable _merges;
    private readonly int[] _ids;
    private readonly int[] _previous;
    private readonly int[] _next;
    private readonly PriorityQueue<int, (int Rank, int Position)> _pairs = new();

    private BytePairMerger(MergeTable merges, int[] ids)
    {
        _merges = merges;
        _ids = ids;
        _previous = new int[ids.Length];
        _next = new int[ids.Length];
        for (int i = 0; i < ids.Length; i++)
        {
            _previous[i] = i - 1;
            _next[i] = i + 1 < ids.Length ? i + 1 : None;
        }
    }

    /// <summary>Appends the ids that remain when no pair merges any more.</summary>
    /// <param name="merges">The merge file.</param>
    /// <param name="symbols">The word's byte symbols, the last one with the end-of-word mark; overwritten.</param>
    /// <param name="result">Receives the ids.</param>
    public static void Merge(MergeTable merges, int[] symbols, List<int> result)
    {
        var merger = new BytePairMerger(merges, symbols);
        merger.Run();
        for (int i = 0; i != None; i = merger._next[i])
            result.Add(merger._ids[i]);
    }

    private void Run()
    {
        for (int i = 0; i + 1 < _ids.Length; i++)
            Offer(i);
        var round = new List<int>();
        while (_pairs.TryPeek(out _, out var first))
        {
            round.Clear();
            while (_pairs.TryPeek(out int position, out var pair) && pair.Rank == first.Rank)
            {
                round.Add(position);
                _pairs.Dequeue();
            }

            foreach (int position in round)
                Apply(position, first.Rank);
        }
    }

    private void Offer(int position)
    {
        if (position == None || _next[position] == None)
            return;
        if (_merges.TryGet(_ids[position], _ids[_next[position]], out int rank, out _))
            _pairs.Enqueue(position, (rank, position));
    }

    /// <summary>Merges the pair at a position unless an earlier merge has changed it since it was offered.</summary>
    private void Apply(int position, int rank)
    {
        int right = _next[position];
        if (right == None || !_merges.TryGet(_ids[position], _ids[right], out int current, out int product) || current != rank)
            return;

        _ids[position] = product;
        int after = _next[right];
        _next[position] = after;
        _next[right] = None;
        if (after != None)
            _previous[after] = position;
        Offer(position);
        Offer(_previous[position]);
    }
}
