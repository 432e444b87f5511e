using System.Text;
using ClipFusion.Foundation.Files;

namespace ClipFusion.Models.Tokenizer;

/// <summary>The content of <c>merges.txt</c> as ids: which neighbours become which token, and how early.</summary>
internal sealed class MergeTable
{
    private readonly Dictionary<(int Left, int Right), (int Rank, int Product)> _merges = [];

    private MergeTable() { }

    /// <summary>Reads the file: a header line, then one pair a line, first pair first.</summary>
    /// <exception cref="VocabularyException">Missing or malformed, or a token is not in the vocabulary.</exception>
    public static MergeTable Load(string path, Vocabulary vocabulary)
    {
        string text;
        try
        {
            text = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(
                Vocabulary.ReadBounded(path)
            );
        }
        catch (DecoderFallbackException e)
        {
            throw new VocabularyException($"{path}: not valid UTF-8 at byte {e.Index}, expected UTF-8 text.", e);
        }

        if (LfsPointer.IsFile(path))
            throw new VocabularyException($"{path}: {LfsPointer.Message}.");
        if (text.Length == 0)
            throw new VocabularyException($"{path}: the file is empty, expected a header line and one pair a line.");
        string[] lines = text.TrimEnd('\n', '\r', ' ').Split('\n');
        var table = new MergeTable();
        for (int i = 1; i < lines.Length; i++)
        {
            string[] pair = lines[i].TrimEnd('\r').Split(' ');
            if (pair is not [{ Length: > 0 } left, { Length: > 0 } right])
                throw new VocabularyException($"{path}:{i + 1}: found '{Shorten(lines[i])}', expected two tokens with one space between.");

            string use = $"the merge at {path}:{i + 1}";
            int product = vocabulary.Require(left + right, use);
            if (!table._merges.TryAdd((vocabulary.Require(left, use), vocabulary.Require(right, use)), (i, product)))
            {
                throw new VocabularyException(
                    $"{path}:{i + 1}: the pair '{left} {right}' stands in an earlier line too, expected each pair once."
                );
            }
        }

        return table;
    }

    /// <summary>Whether two neighbours merge; <paramref name="rank"/> is lower the earlier the merge applies.</summary>
    public bool TryGet(int left, int right, out int rank, out int product)
    {
        bool found = _merges.TryGetValue((left, right), out var merge);
        (rank, product) = merge;
        return found;
    }

    private static string Shorten(string line) => line.Length <= 80 ? line.TrimEnd('\r') : line[..80] + "...";
}
