using System.Text;
using System.Text.Json;
using ClipFusion.Models.Tokenizer;

namespace ClipFusion.Tests.Models.Tokenizer;

public sealed class ClipTokenizerTests
{
    [Fact]
    public void EncodePadded_TinyVocabularyGoldens_SameIds() => AssertGoldens("tokens-tiny-vocabulary.json", TokenizerFiles.Tiny);

    [Fact]
    public void EncodePadded_ClipVocabularyGoldens_SameIds() => AssertGoldens("tokens-clip-vocabulary.json", TokenizerFiles.Clip);

    [Fact]
    public void Load_ClipVocabulary_KnowsItsSizeAndSpecialIds()
    {
        ClipTokenizer clip = TokenizerFiles.Clip;
        Assert.Equal((49408, 49406, 49407), (clip.VocabularySize, clip.StartId, clip.EndId));
    }

    [Theory]
    [InlineData(75, false)]
    [InlineData(76, true)]
    public void EncodePadded_AroundTheContextLength_EndTokenIsTheLastId(int words, bool truncated)
    {
        ClipTokenizer tiny = TokenizerFiles.Tiny;
        string text = string.Join(' ', Enumerable.Repeat("bottle", words));
        Assert.Equal(words, tiny.Encode(text).Count);
        long[] ids = tiny.EncodePadded(text);
        Assert.Equal(77, ids.Length);
        Assert.Equal(tiny.EndId, ids[^1]);
        Assert.DoesNotContain(tiny.EndId, ids[..^1].Select(id => (int)id));
        Assert.Equal(truncated, tiny.IsTruncated(text));
    }

    [Fact]
    public void EncodePadded_ShortText_IsPaddedWithZeros()
    {
        ClipTokenizer tiny = TokenizerFiles.Tiny;
        long[] ids = tiny.EncodePadded("bottle", contextLength: 5);
        Assert.Equal([tiny.StartId, tiny.Encode("bottle")[0], tiny.EndId, 0, 0], ids);
    }

    [Fact]
    public void Encode_SpecialLiterals_BecomeSpecialIdsInAnyCase()
    {
        ClipTokenizer tiny = TokenizerFiles.Tiny;
        Assert.Equal([tiny.StartId, tiny.EndId], tiny.Encode("<START_of_text><end_of_text>"));
        Assert.DoesNotContain(tiny.EndId, tiny.Encode("<|endoftext|>"));
    }

    [Fact]
    public void Encode_LoneSurrogate_CountsAsReplacementCharacter()
    {
        Assert.Equal(TokenizerFiles.Tiny.Encode("a\uFFFD b"), TokenizerFiles.Tiny.Encode("a\uD83D b"));
    }

    [Fact]
    public void Encode_RandomCodePoints_DecodesToTheCleanTextWithoutSpaces()
    {
        var random = new Random(20260701);
        string[] byId = TokensById(Fixtures.Path("tiny-a", "sd", "tokenizer", "vocab.json"));
        for (int round = 0; round < 2000; round++)
        {
            var text = new StringBuilder();
            for (int i = random.Next(1, 20); i > 0; i--)
            {
                int value = random.Next(3) == 0 ? random.Next(0x110000) : random.Next(0x250);
                if (Rune.IsValid(value))
                    text.Append(new Rune(value).ToString());
            }

            string clean = TextCleaner.Clean(text.ToString());
            string expected = string.Concat(
                Encoding.UTF8.GetBytes(string.Concat(clean.Where(c => !char.IsWhiteSpace(c) && c != '\u0345'))).Select(ByteSymbols.Of)
            );
            string found = string.Concat(
                TokenizerFiles.Tiny.Encode(text.ToString()).Select(id => byId[id].Replace("</w>", "", StringComparison.Ordinal))
            );
            Assert.Equal(expected, found);
        }
    }

    [Fact]
    public void Encode_MillionCharacterWord_EndsSoon()
    {
        // Quadratic merging would take hours.
        Assert.Equal(1_000_000, TokenizerFiles.Tiny.Encode(new string('x', 1_000_000)).Count);
    }

    private static string[] TokensById(string vocabJson) =>
        [.. JsonSerializer.Deserialize<Dictionary<string, int>>(File.ReadAllText(vocabJson))!.OrderBy(t => t.Value).Select(t => t.Key)];

    private static void AssertGoldens(string file, ClipTokenizer tokenizer)
    {
        using var goldens = JsonDocument.Parse(File.ReadAllBytes(Fixtures.Path("components", file)));
        Assert.NotEmpty(goldens.RootElement.EnumerateArray());
        foreach (JsonElement golden in goldens.RootElement.EnumerateArray())
        {
            string text = golden.GetProperty("text").GetString()!;
            long[] expected = new long[77];
            int i = 0;
            foreach (JsonElement id in golden.GetProperty("ids").EnumerateArray())
                expected[i++] = id.GetInt64();
            Assert.Equal(expected, tokenizer.EncodePadded(text));
        }
    }
}
