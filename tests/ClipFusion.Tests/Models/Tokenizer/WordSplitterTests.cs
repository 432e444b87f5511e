using ClipFusion.Models.Tokenizer;

namespace ClipFusion.Tests.Models.Tokenizer;

public sealed class WordSplitterTests
{
    [Theory]
    [InlineData("they've said it's", "they|'ve|said|it|'s")]
    [InlineData("'save 'dare 'lamp", "'s|ave|'d|are|'|lamp")]
    [InlineData("!'s", "!'|s")]
    [InlineData("2026 \u00BD\u2167\u0663", "2|0|2|6|\u00BD|\u2167|\u0663")]
    [InlineData("10^-6 a.b", "1|0|^-|6|a|.|b")]
    [InlineData("<start_of_text>x<end_of_text>", "<start_of_text>|x|<end_of_text>")]
    [InlineData("!<end_of_text>", "!<|end|_|of|_|text|>")]
    [InlineData("'\u017F<\u017Ftart_of_text>", "'\u017F|<\u017Ftart_of_text>")]
    [InlineData("\U0001D400\u03B1\U00020000\U0001F44D\U0001F3FD1", "\U0001D400\u03B1\U00020000|\U0001F44D\U0001F3FD|1")]
    [InlineData("e\u0301t\u0E33", "e|\u0301|t\u0E33")]
    [InlineData("a\u0345b", "a|b")]
    [InlineData("", "")]
    public void Split_LowerCaseText_AsClipsPattern(string text, string expected) =>
        Assert.Equal(expected, string.Join('|', WordSplitter.Split(text).Select(r => text[r])));
}
