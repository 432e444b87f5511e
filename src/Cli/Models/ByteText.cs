namespace ClipFusion.Cli.Models;

/// <summary>Sizes for people.</summary>
internal static class ByteText
{
    /// <summary>A size in the largest binary unit that leaves at least 1, with one decimal from KiB up.</summary>
    public static string Format(long bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB"];
        double value = bytes;
        int unit = 0;
        for (; value >= 1024 && unit < units.Length - 1; unit++)
            value /= 1024;
        return unit == 0 ? $"{bytes} B" : $"{value:0.0} {units[unit]}";
    }
}
