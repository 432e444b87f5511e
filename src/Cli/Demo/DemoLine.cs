using MethodRecipe = ClipFusion.Inspection.Recipes.Recipe;

namespace ClipFusion.Cli.Demo;

/// <summary>What the demo's line makes, and its names. <c>docs/demo.md</c> says how the material was chosen and what to expect of
/// it.</summary>
internal static class DemoLine
{
    public const string Device = "demo";

    public const string Station = "line1";

    public const string Recipe = "demo";

    /// <summary>What is made when nothing else is asked for, as the configuration names it.</summary>
    public const string UsualMaterial = "printed-label";

    public const int Seed = 1;

    /// <summary>More bad parts than any real line makes, so that a minute shows some.</summary>
    public const double DefectRate = 0.3;

    public const int IntervalMs = 1000;

    /// <summary>Wanted rate of good parts that are rejected.</summary>
    public const double Alpha = 0.05;

    /// <summary>From trigger to verdict.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(2);

    /// <summary>How parts of a material are judged: by everything that the starter pack has (docs/demo.md has the figures).</summary>
    /// <param name="material">As the configuration names it.</param>
    public static MethodRecipe MethodFor(string material) => MethodRecipe.Default(ObjectOf(material));

    /// <summary>What people call a material.</summary>
    public static string ObjectOf(string material) => material.Replace('-', ' ');
}
