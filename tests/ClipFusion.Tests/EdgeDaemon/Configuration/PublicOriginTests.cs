using System.Text.RegularExpressions;
using static ClipFusion.Tests.EdgeDaemon.Configuration.ConfigFiles;

namespace ClipFusion.Tests.EdgeDaemon.Configuration;

/// <summary><c>$.http.publicOrigin</c>: taken exactly as a browser writes an origin, by reader and schema alike.</summary>
public sealed partial class PublicOriginTests
{
    [Theory]
    [InlineData("https://line1.example", true)]
    [InlineData("http://10.1.2.3:8443", true)]
    [InlineData("https://[fd00::1]:8443", true)]
    [InlineData("https://line1.example/", false)]
    [InlineData("https://line1.example/page", false)]
    [InlineData("https://LINE1.example", false)]
    [InlineData("https://line1.example:443", false)]
    [InlineData("https://user@line1.example", false)]
    [InlineData("ftp://line1.example", false)]
    [InlineData("line1.example", false)]
    [InlineData("null", false)]
    [InlineData("*", false)]
    [InlineData("", false)]
    public void PublicOrigin_Text_IsTakenOrRefused(string text, bool isTaken)
    {
        string document = With("$.http.publicOrigin", $"\"{text}\"");
        if (isTaken)
        {
            Assert.Empty(Errors(document));
            Assert.Matches(Pattern(), text);
        }
        else
        {
            Assert.Equal("$.http.publicOrigin", Assert.Single(Errors(document)).Path);
        }
    }

    [GeneratedRegex("^https?://[^/@?#A-Z]+$")]
    private static partial Regex Pattern();
}
