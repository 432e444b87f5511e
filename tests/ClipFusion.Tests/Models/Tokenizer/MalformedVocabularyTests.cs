using System.Text;
using System.Text.Json;
using ClipFusion.Models.Tokenizer;

namespace ClipFusion.Tests.Models.Tokenizer;

public sealed class MalformedVocabularyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, int> _vocabulary = [];

    public MalformedVocabularyTests()
    {
        foreach (string end in new[] { "", "</w>" })
        {
            for (int b = 0; b < 256; b++)
                _vocabulary.Add(ByteSymbols.Of((byte)b) + end, _vocabulary.Count);
        }

        _vocabulary.Add("<|startoftext|>", 900);
        _vocabulary.Add("<|endoftext|>", 700);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Load_IdsWithGaps_UsesTheFilesOwnIds()
    {
        _vocabulary.Add("ab</w>", 800);
        ClipTokenizer tokenizer = Load("#version: 0.2\r\na b</w>\r\n");
        Assert.Equal((900, 700, 901), (tokenizer.StartId, tokenizer.EndId, tokenizer.VocabularySize));
        Assert.Equal([900, 800, 700, 0], tokenizer.EncodePadded("AB", 4));
    }

    [Fact]
    public void Encode_LaterMergeRanksLower_RoundsRunInFileOrder()
    {
        // (ab, a) stands first but exists only once the later (a, b) has made ab.
        foreach (string token in new[] { "ab", "ba", "aba", "aba</w>", "ba</w>" })
            _vocabulary.Add(token, 600 + _vocabulary.Count);
        ClipTokenizer tokenizer = Load("#version\nab a</w>\na b\nb a</w>\n");
        Assert.Equal([_vocabulary["aba</w>"]], tokenizer.Encode("aba"));
        Assert.Equal([_vocabulary["ab"], _vocabulary["aba</w>"]], tokenizer.Encode("ababa"));
    }

    [Theory]
    [InlineData("[]", "expected an object")]
    [InlineData("{\"a\": 1, \"a\": 2}", "not valid JSON")]
    [InlineData("{\"a\": 1, \"b\": 1}", "both have id 1")]
    [InlineData("{\"a\": -1}", "expected an integer in 0..")]
    [InlineData("{\"a\": 1.5}", "expected an integer in 0..")]
    [InlineData("{\"a\": \"1\"}", "expected an integer in 0..")]
    [InlineData("{\"a\": 1", "not valid JSON")]
    [InlineData("{}", "token '<|startoftext|>' is missing")]
    public void Load_MalformedVocabulary_NamesTheFileAndWhatIsWrong(string json, string expected) =>
        AssertRefused(json, "#version\n", "vocab.json", expected);

    [Theory]
    [InlineData("", "the file is empty")]
    [InlineData("#version\na\n", ":2: found 'a', expected two tokens")]
    [InlineData("#version\na b c\n", ":2: found 'a b c', expected two tokens")]
    [InlineData("#version\n\na b\n", ":2: found '', expected two tokens")]
    [InlineData("#version\na b\na b\n", ":3: the pair 'a b' stands in an earlier line")]
    public void Load_MalformedMerges_NamesTheLine(string merges, string expected)
    {
        _vocabulary.Add("ab", 1000);
        AssertRefused(JsonSerializer.Serialize(_vocabulary), merges, "merges.txt", expected);
    }

    [Fact]
    public void Load_MergeOutsideTheVocabulary_NamesTokenAndLine()
    {
        AssertRefused(
            JsonSerializer.Serialize(_vocabulary),
            "#version\nq q\n",
            "vocab.json",
            "token 'qq' is missing, expected for the merge at"
        );
    }

    [Fact]
    public void Load_ByteWithoutSymbol_IsRefused()
    {
        _vocabulary.Remove("!</w>");
        AssertRefused(
            JsonSerializer.Serialize(_vocabulary),
            "#version\n",
            "vocab.json",
            "'!</w>' is missing, expected for byte 33 at the end of a word"
        );
    }

    [Fact]
    public void Load_NoFile_NamesIt() =>
        Assert.Contains(
            "vocab.json",
            Assert.Throws<VocabularyException>(() => TokenizerFiles.LoadFrom(_folder.Root)).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void Load_MergesNotUtf8_IsRefused()
    {
        Write(JsonSerializer.Serialize(_vocabulary), "");
        File.WriteAllBytes(_folder["merges.txt"], [.. "#version\n"u8, 0xFF, 0x20, 0x61]);
        Assert.Contains(
            "not valid UTF-8",
            Assert.Throws<VocabularyException>(() => TokenizerFiles.LoadFrom(_folder.Root)).Message,
            StringComparison.Ordinal
        );
    }

    private ClipTokenizer Load(string merges)
    {
        Write(JsonSerializer.Serialize(_vocabulary), merges);
        return TokenizerFiles.LoadFrom(_folder.Root);
    }

    private void AssertRefused(string vocabulary, string merges, string file, string expected)
    {
        Write(vocabulary, merges);
        string message = Assert.Throws<VocabularyException>(() => TokenizerFiles.LoadFrom(_folder.Root)).Message;
        Assert.Contains(file, message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    private void Write(string vocabulary, string merges)
    {
        File.WriteAllText(_folder["vocab.json"], vocabulary, new UTF8Encoding(false));
        File.WriteAllText(_folder["merges.txt"], merges, new UTF8Encoding(false));
    }
}
