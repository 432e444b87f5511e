using System.Text;
using System.Text.Json;

namespace ClipFusion.Models.Starter;

/// <summary>A small byte-pair vocabulary in CLIP's file formats: every byte, and whole words for what inspection recipes usually
/// say.</summary>
public static class StarterVocabulary
{
    private static readonly string[] Words =
    [
        .. (
            "a an the of with for and in on to good perfect flawless normal abnormal damaged broken defective cropped close up png "
            + "photo picture image object part anomaly segmentation classification "
            + "crack hole residue damage scratch dent stain spot bubble burr chip contamination missing bent misaligned discoloration "
            + "fray uneven blowhole break inclusion pit rust oil dirt fingerprint "
            + "bottle cable capsule carpet grid hazelnut leather metal nut pill screw tile toothbrush transistor wood zipper candle "
            + "cashew gum fryum macaroni pcb printed circuit board pipe magnetic plate "
            + "gear washer ring connector label cap lid tube casting sheet glass ceramic plastic rubber fabric steel brass copper "
            + "aluminium widget"
        )
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Distinct(),
    ];

    /// <summary>vocab.json and merges.txt.</summary>
    public static (string VocabJson, string Merges) Create()
    {
        List<string> symbols = [.. Bytes(), .. Bytes().Select(b => b + "</w>")];
        List<string> merges = [];
        var known = new HashSet<string>(symbols, StringComparer.Ordinal);
        List<string>[] words = [.. Words.Select(Split)];
        while (words.Any(w => w.Count > 1))
        {
            (string Left, string Right) pair = words
                .SelectMany(w => w.Zip(w.Skip(1)))
                .GroupBy(p => p)
                .OrderByDescending(g => g.Count())
                .ThenBy(g => g.Key.First, StringComparer.Ordinal)
                .ThenBy(g => g.Key.Second, StringComparer.Ordinal)
                .First()
                .Key;
            merges.Add($"{pair.Left} {pair.Right}");
            if (known.Add(pair.Left + pair.Right))
                symbols.Add(pair.Left + pair.Right);
            foreach (List<string> word in words)
                Merge(word, pair);
        }

        symbols.AddRange(["<|startoftext|>", "<|endoftext|>"]);
        string vocabulary = JsonSerializer.Serialize(symbols.Select((s, i) => (s, i)).ToDictionary(p => p.s, p => p.i));
        return (vocabulary, $"#version: 0.2\n{string.Join('\n', merges)}\n");
    }

    /// <summary>Number of entries of <see cref="Create"/>.</summary>
    public static int Count(string vocabJson) => JsonDocument.Parse(vocabJson).RootElement.EnumerateObject().Count();

    private static List<string> Split(string word) => [.. word[..^1].Select(c => c.ToString()), word[^1] + "</w>"];

    private static void Merge(List<string> word, (string Left, string Right) pair)
    {
        for (int i = 0; i + 1 < word.Count; i++)
        {
            if (word[i] != pair.Left || word[i + 1] != pair.Right)
                continue;
            word[i] = pair.Left + pair.Right;
            word.RemoveAt(i + 1);
        }
    }

    /// <summary>GPT-2's printable stand-in for every byte, in the order of CLIP's vocabulary.</summary>
    private static IEnumerable<string> Bytes()
    {
        bool Printable(int b) => b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
        return Enumerable
            .Range(0, 256)
            .Where(Printable)
            .Select(b => ((char)b).ToString())
            .Concat(Enumerable.Range(0, 256).Where(b => !Printable(b)).Select((_, i) => new Rune(256 + i).ToString()));
    }
}
