using System.Diagnostics;
using System.Text;

namespace ClipFusion.ApplianceTests.Integrators;

/// <summary>Programs of others that judge what we give to integrators; <c>tests/checkers.sh artifacts/checkers</c> fetches those that
/// Debian does not install.</summary>
internal static class Checkers
{
    /// <summary>The repository's root.</summary>
    public static string Root => Repository.Root;

    /// <summary>Where the fetched ones are.</summary>
    public static string Folder { get; } = Repository.File("artifacts", "checkers");

    public static string Promtool => Fetched("promtool");

    public static string Redocly => Fetched("node_modules", ".bin", "redocly");

    /// <summary>A file under docs.</summary>
    public static string Doc(params string[] parts) => Path.Combine([Root, "docs", .. parts]);

    /// <summary>Runs a program in the repository's root.</summary>
    /// <returns>Its exit code and what it wrote.</returns>
    public static async Task<(int Code, string Output, string Errors)> RunAsync(
        string program,
        string[] arguments,
        CancellationToken cancellation,
        string? input = null
    )
    {
        ProcessStartInfo start = DefaultSignals.Start(program, arguments);
        start.WorkingDirectory = Root;
        (start.Environment["REDOCLY_TELEMETRY"], start.Environment["REDOCLY_SUPPRESS_UPDATE_NOTICE"], start.Environment["NO_COLOR"]) = (
            "off",
            "true",
            "1"
        );
        start.Environment["NODE_PATH"] = Path.Combine(Folder, "node_modules");
        ProgramResult end = await Programs.RunAsync(start, Encoding.UTF8.GetBytes(input ?? ""), cancellation);
        return (end.Code, end.Output, end.Errors);
    }

    /// <summary>Runs a program that has to end with 0.</summary>
    /// <returns>Its results.</returns>
    public static async Task<string> PassAsync(string program, string[] arguments, CancellationToken cancellation, string? input = null)
    {
        (int code, string output, string errors) = await RunAsync(program, arguments, cancellation, input);
        Assert.True(
            code == 0,
            $"{Path.GetFileName(program)} {string.Join(' ', arguments)} ended with {code}:{Environment.NewLine}{output}{errors}"
        );
        return output;
    }

    private static string Fetched(params string[] parts)
    {
        string file = Path.Combine([Folder, .. parts]);
        return File.Exists(file)
            ? file
            : throw new FileNotFoundException($"{file} is missing: run tests/checkers.sh artifacts/checkers in the repository's root");
    }
}
