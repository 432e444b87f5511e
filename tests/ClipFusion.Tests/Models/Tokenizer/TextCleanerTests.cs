using ClipFusion.Models.Tokenizer;

namespace ClipFusion.Tests.Models.Tokenizer;

/// <summary>Expected values are Python's: <c>html.unescape</c>, <c>str.strip</c>, <c>str.lower</c>, and the <c>regex</c> module's white
/// space.</summary>
public sealed class TextCleanerTests
{
    [Theory]
    [InlineData("&amp;", "&")]
    [InlineData("&amp", "&")]
    [InlineData("&ampx;", "&x;")]
    [InlineData("&notin;", "\u2209")]
    [InlineData("&notit;", "\u00ACit;")]
    [InlineData("&NotEqualTilde;", "\u2242\u0338")]
    [InlineData("&CounterClockwiseContourIntegral;", "\u2233")]
    [InlineData("&CounterClockwiseContourIntegral", "&CounterClockwiseContourIntegral")]
    [InlineData("&Ccirc;&nosuchname;&", "\u0108&nosuchname;&")]
    [InlineData("&#65&#x42;&#X43", "ABC")]
    [InlineData("&#128;&#x99;&#129;", "\u20AC\u2122\u0081")]
    [InlineData("&#0;&#xD800;&#x110000;&#99999999999999999999;", "\uFFFD\uFFFD\uFFFD\uFFFD")]
    [InlineData("a&#1;b&#11;c&#xFDD0;d&#x1FFFF;e&#127;f", "abcdef")]
    [InlineData("&#13;&#x1F44D;", "\r\U0001F44D")]
    [InlineData("&#;&#x;&;& &&lt;", "&#;&#x;&;& &<")]
    public void Unescape_Html5Reference_AsPython(string text, string expected) => Assert.Equal(expected, HtmlReferences.Unescape(text));

    [Theory]
    [InlineData("&amp;lt;", "<")]
    [InlineData("&amp;amp;lt;", "&lt;")]
    [InlineData(" \t A \r\n\u3000\u00A0 B\u2003", "a b")]
    [InlineData("\u001C a \u001F", "a")]
    [InlineData("a \u001C b", "a \u001C b")]
    [InlineData("&nbsp;x&nbsp;", "x")]
    [InlineData("\u200Bx", "\u200Bx")]
    public void Clean_WhiteSpaceAndReferences_AsUpstream(string text, string expected) => Assert.Equal(expected, TextCleaner.Clean(text));

    [Theory]
    [InlineData("\u0130X", "i\u0307x")]
    [InlineData("\u039F\u0394\u039F\u03A3", "\u03BF\u03B4\u03BF\u03C2")]
    [InlineData("\u0391\u03A3\u0391 \u03A3", "\u03B1\u03C3\u03B1 \u03C3")]
    [InlineData("\u0391\u03A3. A", "\u03B1\u03C2. a")]
    [InlineData("\u0391\u03A3'\u0391", "\u03B1\u03C3'\u03B1")]
    [InlineData("\u0391\u0301\u03A3\u0301", "\u03B1\u0301\u03C2\u0301")]
    [InlineData("\u2160\u03A3", "\u2170\u03C2")]
    [InlineData("\U00010400\u03A3", "\U00010428\u03C2")]
    [InlineData("\u1E9E\u212A\u01C5", "\u00DFk\u01C6")]
    [InlineData("\U0001F170\u03A3\U0001F170", "\U0001F170\u03C3\U0001F170")]
    public void Lower_SpecialCases_AsPython(string text, string expected) => Assert.Equal(expected, TextCleaner.Lower(text));
}
