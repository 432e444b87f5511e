using System.Diagnostics;

namespace ClipFusion.TestSupport;

/// <summary>How a program ended.</summary>
/// <param name="Code">Its exit code.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Errors">Standard error.</param>
public sealed record ProgramResult(int Code, string Output, string Errors);

/// <summary>Programs that tests use, and a run from start to end.</summary>
public static class Programs
{
    /// <summary>The program under test.</summary>
    public static string ClipFusion { get; } = Path.Combine(AppContext.BaseDirectory, "clipfusion");

    /// <summary>The first of these programs on the path or where system programs lie.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    public static string Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(':')
            .Concat(["/usr/sbin", "/usr/local/sbin"])
            .Select(f => Path.Combine(f, program))
            .FirstOrDefault(File.Exists)
        ?? throw new FileNotFoundException($"{program} is not installed; ./build.sh setup installs it");

    /// <summary>Runs a program with default signals to its end.</summary>
    public static Task<ProgramResult> RunAsync(string program, IEnumerable<string> arguments, CancellationToken cancellation) =>
        RunAsync(DefaultSignals.Start(program, arguments), default, cancellation);

    /// <summary>Runs what was prepared to its end; where the wait is ended first, it is killed.</summary>
    /// <param name="start">The program; its streams are redirected.</param>
    /// <param name="input">Its standard input.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async Task<ProgramResult> RunAsync(ProcessStartInfo start, ReadOnlyMemory<byte> input, CancellationToken cancellation)
    {
        (start.RedirectStandardInput, start.RedirectStandardOutput, start.RedirectStandardError) = (true, true, true);
        using Process process = Process.Start(start)!;
        try
        {
            // Read while it writes: a full pipe would hold it.
            Task<string> output = process.StandardOutput.ReadToEndAsync(cancellation);
            Task<string> errors = process.StandardError.ReadToEndAsync(cancellation);
            try
            {
                await process.StandardInput.BaseStream.WriteAsync(input, cancellation);
                process.StandardInput.Close();
            }
            catch (IOException)
            {
                // It ended, or reads no input; its exit code says the rest.
            }

            await process.WaitForExitAsync(cancellation);
            return new ProgramResult(process.ExitCode, await output, await errors);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }

    /// <summary>Runs a program that has to end with 0.</summary>
    /// <returns>Its standard output.</returns>
    /// <exception cref="InvalidOperationException">It ended with something else.</exception>
    public static async Task<string> PassAsync(string program, IEnumerable<string> arguments, CancellationToken cancellation)
    {
        string[] all = [.. arguments];
        ProgramResult result = await RunAsync(program, all, cancellation);
        if (result.Code == 0)
            return result.Output;
        string command = $"{Path.GetFileName(program)} {string.Join(' ', all)}";
        throw new InvalidOperationException($"{command} ended with {result.Code}:{Environment.NewLine}{result.Output}{result.Errors}");
    }

    /// <summary>Sends a signal to a process.</summary>
    /// <param name="process">Its number.</param>
    /// <param name="name">Such as TERM.</param>
    /// <param name="cancellation">Ends the wait for <c>kill</c>.</param>
    public static async Task SignalAsync(int process, string name, CancellationToken cancellation)
    {
        using Process kill = Process.Start("kill", [$"-{name}", $"{process}"]);
        await kill.WaitForExitAsync(cancellation);
    }

    /// <summary>Puts a pipe that nobody writes to in a file's place.</summary>
    public static Task MakePipeAsync(string path, CancellationToken cancellation)
    {
        File.Delete(path);
        return PassAsync("mkfifo", [path], cancellation);
    }
}
