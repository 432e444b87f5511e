using System.Text.Json;
using ClipFusion.Cli;

namespace ClipFusion.Tests.Cli;

/// <summary>The program's command line, run in this process.</summary>
internal sealed record CliRun(int Code, string Output, string Error)
{
    /// <summary>Standard output as one JSON object per line.</summary>
    public IReadOnlyList<JsonElement> Json =>
        [.. Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement)];

    /// <summary>The errors, without what every one starts with.</summary>
    public IReadOnlyList<string> Errors =>
        [
            .. Error
                .Split('\n')
                .Where(l => l.StartsWith("clipfusion: error: ", StringComparison.Ordinal))
                .Select(l => l["clipfusion: error: ".Length..]),
        ];

    public static async Task<CliRun> RunAsync(params string[] args)
    {
        var output = new StringWriter();
        var error = new StringWriter();
        int code = await CommandLineApp.RunAsync(args, new Terminal(output, error, false), TestContext.Current.CancellationToken);
        return new CliRun(code, output.ToString(), error.ToString());
    }

    /// <summary>Exit code 2 with an error that says this, nothing on standard output and no stack trace.</summary>
    public void AssertBadArguments(params string[] mentions)
    {
        Assert.True(Code == ExitCode.BadArguments, $"exit code {Code}: {Error}");
        Assert.Empty(Output);
        foreach (string mention in mentions)
            Assert.Contains(Errors, e => e.Contains(mention, StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", Error, StringComparison.Ordinal);
    }
}
