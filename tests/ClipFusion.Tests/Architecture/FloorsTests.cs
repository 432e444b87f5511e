using System.Reflection;
using NetArchTest.Rules;

namespace ClipFusion.Tests.Architecture;

/// <summary>The floors of docs/architecture.md: nothing uses what lies above it, or its neighbour.</summary>
public sealed class FloorsTests
{
    private const string Daemon = "ClipFusion.EdgeDaemon";

    private static readonly string[][] Floors =
    [
        ["Domain", "Runtime"],
        ["Recipes", "Configuration"],
        ["Storage", "Delivery", "Pictures"],
        ["Pipeline"],
        ["Web", "Monitoring"],
        ["Composition"],
    ];

    private static readonly Assembly Appliance = Assembly.Load(Daemon);

    public static TheoryData<string> Rooms => [.. Floors.SelectMany(f => f)];

    [Theory, MemberData(nameof(Rooms))]
    public void Room_OfTheDaemon_UsesOnlyWhatLiesBelow(string room)
    {
        int floor = Array.FindIndex(Floors, f => f.Contains(room));
        string[] forbidden = [.. Floors.Skip(floor).SelectMany(f => f).Where(r => r != room).Select(r => $"{Daemon}.{r}")];
        NetArchTest.Rules.TestResult result = Types
            .InAssembly(Appliance)
            .That()
            .ResideInNamespaceStartingWith($"{Daemon}.{room}")
            .ShouldNot()
            .HaveDependencyOnAny(forbidden)
            .GetResult();
        Assert.True(
            result.IsSuccessful,
            $"{room} is on floor {floor}; these use what is not below it: {string.Join(", ", result.FailingTypeNames ?? [])}"
        );
    }

    [Fact]
    public void Types_OfTheDaemon_LiveInARoom()
    {
        string[] rooms = [.. Floors.SelectMany(f => f).Select(r => $"{Daemon}.{r}")];
        string[] elsewhere =
        [
            .. OwnTypes()
                .Select(t => t.Namespace!)
                .Distinct()
                .Where(n => !rooms.Any(r => n == r || n.StartsWith($"{r}.", StringComparison.Ordinal))),
        ];
        Assert.Equal([], elsewhere);
    }

    [Theory]
    [InlineData("ClipFusion.Foundation", "")]
    [InlineData("ClipFusion.Camera", "Foundation")]
    [InlineData("ClipFusion.Native", "Foundation")]
    [InlineData("ClipFusion.Models", "Foundation")]
    [InlineData("ClipFusion.Imaging", "Foundation")]
    [InlineData("ClipFusion.OnnxInference", "Foundation Models Native")]
    [InlineData("ClipFusion.Inspection", "Foundation Models Native Imaging OnnxInference")]
    [InlineData("ClipFusion.Evaluation", "Foundation Models Native Imaging OnnxInference Inspection")]
    [InlineData(Daemon, "Foundation Models Native Imaging OnnxInference Inspection Camera")]
    public void Project_UsesOnlyThoseBelow(string project, string below)
    {
        string[] allowed = [.. below.Split(' ').Select(n => $"ClipFusion.{n}")];
        string[] used =
        [
            .. Assembly
                .Load(project)
                .GetReferencedAssemblies()
                .Select(a => a.Name!)
                .Where(n => n.StartsWith("ClipFusion.", StringComparison.Ordinal)),
        ];
        Assert.Equal([], used.Except(allowed));
    }

    [Fact]
    public void TopLevelNames_OfTheDaemon_AreUsedOnce()
    {
        string[] twice = [.. OwnTypes().Where(t => !t.IsNested).GroupBy(t => t.Name).Where(g => g.Count() > 1).Select(g => g.Key)];
        Assert.Equal([], twice);
    }

    /// <summary>Without what compilers and generators add.</summary>
    private static IEnumerable<Type> OwnTypes() =>
        Appliance
            .GetTypes()
            .Where(t =>
                t.Namespace?.StartsWith(Daemon, StringComparison.Ordinal) == true && !t.Name.Contains('<', StringComparison.Ordinal)
            );
}
