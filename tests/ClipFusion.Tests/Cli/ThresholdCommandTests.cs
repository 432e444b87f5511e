using System.Text.Json;
using ClipFusion.Cli;

namespace ClipFusion.Tests.Cli;

public sealed class ThresholdCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Json_EnoughScores_HasThresholdAndBound()
    {
        // Thirty scores of 0.01 to 0.3.
        CliRun run = await RunAsync(Scores(Enumerable.Range(1, 30).Select(i => i / 100.0)), "0.05", "--json");
        Assert.True(run.Code == ExitCode.Clean, run.Error);
        JsonElement said = Assert.Single(run.Json);
        Assert.Equal(
            ["threshold", "rank", "available", "leastRate", "bound90", "partsForWanted"],
            said.EnumerateObject().Select(p => p.Name)
        );
        Assert.Equal(
            (0.3, 30, true),
            (said.GetProperty("threshold").GetDouble(), said.GetProperty("rank").GetInt32(), said.GetProperty("available").GetBoolean())
        );
        Assert.Equal(1 / 31.0, said.GetProperty("leastRate").GetDouble());
        // 1 - 0.1^(1/30): the largest of thirty.
        Assert.Equal(1 - Math.Pow(0.1, 1 / 30.0), said.GetProperty("bound90").GetDouble(), 1e-9);
        Assert.Equal(19, said.GetProperty("partsForWanted").GetInt32());
    }

    [Fact]
    public async Task Json_TooFewScores_IsNotAvailableAndNoError()
    {
        CliRun run = await RunAsync(Scores([0.1, 0.2]), "0.05", "--json");
        Assert.True(run.Code == ExitCode.Clean, run.Error);
        JsonElement said = Assert.Single(run.Json);
        Assert.False(said.GetProperty("available").GetBoolean());
        Assert.Equal(JsonValueKind.Null, said.GetProperty("threshold").ValueKind);
        Assert.Equal(JsonValueKind.Null, said.GetProperty("bound90").ValueKind);
        Assert.Equal((3, 19), (said.GetProperty("rank").GetInt32(), said.GetProperty("partsForWanted").GetInt32()));
    }

    [Fact]
    public async Task Text_SaysWhatIsPromisedAndWhatIsNot()
    {
        CliRun run = await RunAsync(Scores([0.1, 0.2, 0.3]), "0.25");
        Assert.Contains("threshold 0.3: number 3 of 3", run.Output, StringComparison.Ordinal);
        Assert.Contains("with a confidence of 90 %", run.Output, StringComparison.Ordinal);
        Assert.Contains("not promised: ", run.Output, StringComparison.Ordinal);
        run = await RunAsync(Scores([0.1, 0.2, 0.3]), "0.01");
        Assert.Contains("3 good parts allow no rate below 25 %; 1 % needs 99 parts", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"scores\": []}", "an array of 1 to 1000000 finite numbers")]
    [InlineData("{\"scores\": [0.1, 1e999]}", "$.scores[1]")]
    [InlineData("{\"scores\": [0.1, \"0.2\"]}", "$.scores[1]")]
    [InlineData("{\"scores\": [0.1, null]}", "$.scores[1]")]
    [InlineData("{\"scores\": [NaN]}", "not valid JSON")]
    [InlineData("{\"score\": [0.1]}", "$.scores: found nothing")]
    [InlineData("{\"scores\": [0.1], \"rate\": 1}", "$.rate")]
    [InlineData("[0.1]", "an object with the scores")]
    [InlineData("", "JSON")]
    public async Task Scores_ThatAreNone_AreNamed(string text, string mention)
    {
        string file = _folder["scores.json"];
        await File.WriteAllTextAsync(file, text, TestContext.Current.CancellationToken);
        (await RunAsync(file, "0.05")).AssertBadArguments(mention);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("1")]
    [InlineData("-0.1")]
    [InlineData("5")]
    [InlineData("NaN")]
    public async Task Rate_ThatIsNone_IsNamed(string rate) => (await RunAsync(Scores([0.1]), rate)).AssertBadArguments("--rate");

    [Fact]
    public async Task Scores_NoFile_IsNamed() => (await RunAsync("nowhere.json", "0.05")).AssertBadArguments("nowhere.json");

    private string Scores(IEnumerable<double> scores)
    {
        string file = _folder["scores.json"];
        File.WriteAllText(file, JsonSerializer.Serialize(new { scores }));
        return file;
    }

    private static Task<CliRun> RunAsync(string file, string rate, params string[] options) =>
        CliRun.RunAsync(["threshold", "--scores", file, "--rate", rate, .. options]);
}
