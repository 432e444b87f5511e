using System.Text;

namespace ClipFusion.Models.Tokenizer;

/// <summary>
/// CLIP's byte-pair encoding, exactly as OpenCLIP applies it, over the two files of a weight folder. Nothing of a particular vocabulary is
/// built in. Immutable and safe to share between threads. Time grows as n log n with the length of a text.
/// </summary>
public sealed class ClipTokenizer
{
    private const string StartToken = "<|startoftext|>";
    private const string EndToken = "<|endoftext|>";

    private readonly MergeTable _merges;
    private readonly int[] _inner = new int[256];
    private readonly int[] _last = new int[256];

    private ClipTokenizer(Vocabulary vocabulary, MergeTable merges)
    {
        _merges = merges;
        VocabularySize = vocabulary.Size;
        StartId = vocabulary.Require(StartToken, "the start of every text");
        EndId = vocabulary.Require(EndToken, "the end of every text");
        for (int value = 0; value < 256; value++)
        {
            string symbol = ByteSymbols.Of((byte)value);
            _inner[value] = vocabulary.Require(symbol, $"byte {value} inside a word");
            _last[value] = vocabulary.Require(symbol + ByteSymbols.EndOfWord, $"byte {value} at the end of a word");
        }
    }

    /// <summary>Id of the token that starts every text (<c>&lt;|startoftext|&gt;</c> in <c>vocab.json</c>).</summary>
    public int StartId { get; }

    /// <summary>Id of the token that ends every text (<c>&lt;|endoftext|&gt;</c> in <c>vocab.json</c>).</summary>
    public int EndId { get; }

    /// <summary>Largest id in <c>vocab.json</c> + 1: the rows that a token embedding must have at least.</summary>
    public int VocabularySize { get; }

    /// <summary>Reads and checks both files: the special tokens, all 256 byte symbols with and without end-of-word mark, and every merge's
    /// parts and product must be in the vocabulary.</summary>
    /// <param name="vocabJsonPath"><c>vocab.json</c>: an object from token to id.</param>
    /// <param name="mergesPath"><c>merges.txt</c>: a header line, then one pair a line.</param>
    /// <exception cref="VocabularyException">A file is missing or malformed; names the file, the place, found and expected.</exception>
    public static ClipTokenizer Load(string vocabJsonPath, string mergesPath)
    {
        ArgumentException.ThrowIfNullOrEmpty(vocabJsonPath);
        ArgumentException.ThrowIfNullOrEmpty(mergesPath);
        Vocabulary vocabulary = Vocabulary.Load(vocabJsonPath);
        return new ClipTokenizer(vocabulary, MergeTable.Load(mergesPath, vocabulary));
    }

    /// <summary>The ids of a text without start and end token; the literals <c>&lt;start_of_text&gt;</c> and <c>&lt;end_of_text&gt;</c>
    /// become the special ids. Not cut.</summary>
    /// <param name="text">Any text; a lone surrogate counts as U+FFFD.</param>
    public IReadOnlyList<int> Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string clean = TextCleaner.Clean(text);
        var ids = new List<int>();
        foreach (Range range in WordSplitter.Split(clean))
        {
            string word = clean[range];
            if (word == WordSplitter.StartLiteral)
                ids.Add(StartId);
            else if (word == WordSplitter.EndLiteral)
                ids.Add(EndId);
            else
                BytePairMerger.Merge(_merges, Symbols(word), ids);
        }

        return ids;
    }

    /// <summary>What a text tower reads: start token, the text's ids, end token, zeros up to the context length; a longer text is cut and
    /// keeps the end token as its last id.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="contextLength">Length of the result, at least 2.</param>
    /// <returns><paramref name="contextLength"/> ids, owned by the caller.</returns>
    public long[] EncodePadded(string text, int contextLength = 77)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(contextLength, 2);
        IReadOnlyList<int> ids = Encode(text);
        long[] padded = new long[contextLength];
        int kept = Math.Min(ids.Count, contextLength - 2);
        padded[0] = StartId;
        for (int i = 0; i < kept; i++)
            padded[i + 1] = ids[i];
        padded[kept + 1] = EndId;
        return padded;
    }

    /// <summary>Tokens of a text with its start and its end token, as many as there are.</summary>
    /// <param name="text">Any text.</param>
    public int CountTokens(string text) => Encode(text).Count + 2;

    /// <summary>As <see cref="EncodePadded"/>, for a text that has to be read to its end.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="contextLength">Length of the result, at least 2.</param>
    /// <exception cref="PromptTooLongException">The text has more tokens.</exception>
    public long[] EncodeWhole(string text, int contextLength) =>
        CountTokens(text) is var count && count <= contextLength
            ? EncodePadded(text, contextLength)
            : throw new PromptTooLongException($"\"{text}\" has {count} tokens, start and end included; at most {contextLength} are read");

    /// <summary>Whether <see cref="EncodePadded"/> would cut this text.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="contextLength">The context length, at least 2.</param>
    public bool IsTruncated(string text, int contextLength = 77)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(contextLength, 2);
        return CountTokens(text) > contextLength;
    }

    private int[] Symbols(string word)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(word);
        int[] symbols = Array.ConvertAll(bytes, b => _inner[b]);
        symbols[^1] = _last[bytes[^1]];
        return symbols;
    }
}
