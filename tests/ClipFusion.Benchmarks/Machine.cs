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

    /// <summary>The middle value; the mean of the two middle ones where there is no single one.</summary>
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
