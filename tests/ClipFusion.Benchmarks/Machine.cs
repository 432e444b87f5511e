using System.Diagnostics;

namespace ClipFusion.Benchmarks;

/// <summary>What every benchmark prints and how it sums up.</summary>
internal static class Machine
{
    /// <summary>Date, processor, cores and load.</summary>
    public static void Print()
    {
        string cpu =
            File.ReadLines("/proc/cpuinfo")
                .FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))
                ?.Split(':', 2)[1]
                .Trim()
            ?? "unknown";
        Console.WriteLine(
            $"{DateTime.UtcNow:yyyy-MM-dd} {cpu}, {Environment.ProcessorCount} cores, load "
                + $"{File.ReadAllText("/proc/loadavg").Split(' ')[0]}"
        );
    }

    /// <summary>What a Python script prints: /usr/bin/python3's unless the environment variable PYTHON names another; null, and a line to
    /// standard error, where it can't be run.</summary>
    public static string? Python(string script)
    {
        using Process process = Process.Start(
            new ProcessStartInfo(Environment.GetEnvironmentVariable("PYTHON") ?? "/usr/bin/python3", ["-c", script])
            {
                RedirectStandardOutput = true,
            }
        )!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode == 0)
            return output;
        Console.Error.WriteLine($"the script could not be run: python ended with {process.ExitCode}");
        return null;
    }

    /// <summary>The middle value; the mean of the two middle ones where there is no single one.</summary>
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
