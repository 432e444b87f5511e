namespace ClipFusion.EdgeDaemon.Demo;

/// <summary>What the demo's line makes, and its names. <c>docs/demo.md</c> says how the material was chosen and what to expect of it.</summary>
internal static class DemoLine
{
    public const string Device = "demo";

    public const string Station = "line1";

    public const string Recipe = "demo";

    /// <summary>As the configuration names it.</summary>
    public const string Material = "woven-fabric";

    public const int Seed = 1;

    /// <summary>More bad parts than any real line makes, so that a minute shows some.</summary>
    public const double DefectRate = 0.3;

    public const int IntervalMs = 1000;

    /// <summary>Wanted rate of good parts that are rejected.</summary>
    public const double Alpha = 0.05;

    /// <summary>From trigger to verdict; on a machine that is too slow PatchCLIP's held result stands in.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(2);
}
