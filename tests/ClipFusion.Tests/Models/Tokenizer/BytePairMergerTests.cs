using ClipFusion.Models.Tokenizer;

namespace ClipFusion.Tests.Models.Tokenizer;

public sealed class BytePairMergerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Merge_RandomMergeTables_AsTheTextbookLoop()
    {
        // Tables in random order, so that merges apply late, never, or make a symbol that an earlier line wants.
        var random = new Random(77);
        for (int round = 0; round < 60; round++)
        {
            var pairs = new List<(string Left, string Right)>();
            var symbols = new List<string> { "a", "b", "a</w>", "b</w>" };
            for (int tries = 0; tries < 14; tries++)
            {
                (string Left, string Right) pair = (symbols[random.Next(symbols.Count)], symbols[random.Next(symbols.Count)]);
                if (pair.Left.EndsWith('>') || pairs.Contains(pair))
                    continue;
                pairs.Add(pair);
                if (!symbols.Contains(pair.Left + pair.Right))
                    symbols.Add(pair.Left + pair.Right);
            }

            (string Left, string Right)[] merges = [.. pairs];
            random.Shuffle(merges);
            MergeTable table = Write(symbols, merges);
            for (int word = 0; word < 40; word++)
            {
                string[] letters = [.. Enumerable.Range(0, random.Next(1, 30)).Select(_ => random.Next(3) == 0 ? "b" : "a")];
                letters[^1] += "</w>";
                var found = new List<int>();
                BytePairMerger.Merge(table, [.. letters.Select(letter => symbols.IndexOf(letter))], found);
                Assert.Equal(Textbook([.. letters], merges), found.Select(id => symbols[id]));
            }
        }
    }

    private MergeTable Write(List<string> symbols, (string Left, string Right)[] merges)
    {
        File.WriteAllText(_folder["vocab.json"], $"{{{string.Join(',', symbols.Select((s, i) => $"\"{s}\":{i}"))}}}");
        File.WriteAllLines(_folder["merges.txt"], ["#version", .. merges.Select(m => $"{m.Left} {m.Right}")]);
        return MergeTable.Load(_folder["merges.txt"], Vocabulary.Load(_folder["vocab.json"]));
    }

    /// <summary>The definition: as long as any neighbours merge, merge every occurrence of the earliest pair from left to right.</summary>
    private static List<string> Textbook(List<string> word, (string Left, string Right)[] merges)
    {
        while (true)
        {
            int best = Enumerable
                .Range(0, word.Count - 1)
                .Select(i => Array.IndexOf(merges, (word[i], word[i + 1])))
                .Where(rank => rank >= 0)
                .DefaultIfEmpty(-1)
                .Min();
            if (best < 0)
                return word;
            var next = new List<string>();
            for (int i = 0; i < word.Count; i++)
            {
                if (i + 1 < word.Count && (word[i], word[i + 1]) == merges[best])
                    next.Add(word[i] + word[++i]);
                else
                    next.Add(word[i]);
            }

            word = next;
        }
    }
}
