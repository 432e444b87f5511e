using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.Inspection;

namespace ClipFusion.Tests.EdgeDaemon.Domain;

public sealed class CodeTextTests
{
    /// <summary>What machines out there have been programmed with. A line may be added; none may change.</summary>
    [Theory]
    [InlineData("000", "none", Code.None)]
    [InlineData("101", "interrupted", Code.Interrupted)]
    [InlineData("102", "deadline", Code.Deadline)]
    [InlineData("103", "no_frame", Code.NoFrame)]
    [InlineData("104", "partial_frame", Code.PartialFrame)]
    [InlineData("105", "wrong_frame", Code.WrongFrame)]
    [InlineData("106", "too_dark", Code.TooDark)]
    [InlineData("107", "too_bright", Code.TooBright)]
    [InlineData("108", "blurred", Code.Blurred)]
    [InlineData("109", "overrun", Code.Overrun)]
    [InlineData("110", "not_ready", Code.NotReadyThen)]
    [InlineData("111", "storage", Code.StorageThen)]
    [InlineData("112", "no_threshold", Code.NoThreshold)]
    [InlineData("113", "network_failed", Code.NetworkFailed)]
    [InlineData("114", "bad_image", Code.BadImage)]
    [InlineData("201", "NOT_READY", Code.NotReady)]
    [InlineData("202", "QUEUE_FULL", Code.QueueFull)]
    [InlineData("203", "STORAGE", Code.Storage)]
    [InlineData("204", "RECIPE_NOT_ACTIVE", Code.RecipeNotActive)]
    [InlineData("205", "MALFORMED", Code.Malformed)]
    [InlineData("206", "TRIGGER_ID_CONFLICT", Code.TriggerIdConflict)]
    [InlineData("207", "RETAINED", Code.Retained)]
    [InlineData("208", "TOO_FAST", Code.TooFast)]
    [InlineData("209", "UNKNOWN_RECIPE", Code.UnknownRecipe)]
    [InlineData("210", "BUSY", Code.Busy)]
    [InlineData("211", "NOT_ALLOWED", Code.NotAllowed)]
    [InlineData("212", "RECIPE_FAILED", Code.RecipeFailed)]
    public void Code_OnTheWire_IsStable(string digits, string text, Code code)
    {
        Assert.Equal((digits, text), (code.ToDigits(), code.ToText()));
        Assert.True(CodeText.TryParse(text, out Code parsed));
        Assert.Equal(code, parsed);
    }

    [Fact]
    public void Codes_All_HaveAMeaningAndATextOfTheirOwn()
    {
        Code[] codes = Enum.GetValues<Code>();
        Assert.Equal(codes.Length, codes.Select(c => c.ToText()).Distinct(StringComparer.Ordinal).Count());
        Assert.All(codes, c => Assert.InRange((int)c, 0, 999));
        Assert.All(codes, c => Assert.NotEmpty(CodeTable.Describe(c)));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("None")]
    [InlineData("STORAGE ")]
    [InlineData("201")]
    public void TryParse_TextThatIsNoCode_IsRefused(string? text) => Assert.False(CodeText.TryParse(text, out _));

    [Fact]
    public void ToText_NumberThatIsNoCode_Throws() => Assert.Throws<ArgumentOutOfRangeException>(() => ((Code)999).ToText());

    [Fact]
    public void CodesPage_IsWhatTheEnumSays()
    {
        string page = Fixtures.Path("..", "..", "docs", "codes.md"),
            expected = CodeTable.ToMarkdown();
        if (File.Exists(page) && File.ReadAllText(page) == expected)
            return;
        string written = Path.Combine(AppContext.BaseDirectory, "codes.md");
        File.WriteAllText(written, expected);
        Assert.Fail(
            $"docs/codes.md is not what the enum Code says; expected is in {written}: look at the difference, and copy that file to "
                + "docs/codes.md if no number and no text changed"
        );
    }

    [Fact]
    public void Answers_FromTheMethod_NeverCallAnUnjudgedPartGoodOrBad()
    {
        Assert.Equal((Verdict.Ok, Code.None), Findings.Of(Outcome.Ok));
        Assert.Equal((Verdict.Ng, Code.None), Findings.Of(Outcome.Ng));
        Assert.Equal((Verdict.Review, Code.None), Findings.Of(Outcome.Review));
        Assert.Equal((Verdict.NotJudged, Code.NoThreshold), Findings.Of(Outcome.NoThreshold));
        Assert.Equal((Verdict.NotJudged, Code.NetworkFailed), Findings.Of(Outcome.NotANumber));
        Assert.Equal(
            [Code.None, Code.WrongFrame, Code.TooDark, Code.TooBright, Code.Blurred],
            Enum.GetValues<ImageFault>().Select(Findings.Of)
        );
    }
}
