using System.CommandLine;
using ClipFusion.Camera.Simulation;
using ClipFusion.EdgeDaemon.Configuration;

namespace ClipFusion.Cli.Simulate;

/// <summary>The simulated line's materials on the command line, called as the configuration calls them.</summary>
internal static class MaterialNames
{
    /// <summary>All, for help and errors.</summary>
    public static string List { get; } = string.Join(", ", ConfigNames.Materials.Select(m => m.Name));

    /// <summary>Checks a name.</summary>
    /// <exception cref="UsageException">No material is called so.</exception>
    public static string Check(string option, string name) =>
        ConfigNames.Materials.Any(m => m.Name == name) ? name : throw new UsageException($"{option} {name}: one of {List} is expected");

    /// <summary>The materials that were named, in the order of the line's own list; all where none was.</summary>
    /// <exception cref="UsageException">No material is called so.</exception>
    public static IEnumerable<(string Name, Material Value)> Read(string option, IEnumerable<string> names)
    {
        HashSet<string> wanted = [.. names.Select(n => Check(option, n))];
        return ConfigNames.Materials.Where(m => wanted.Count == 0 || wanted.Contains(m.Name));
    }

    /// <summary>Lets a shell complete them.</summary>
    public static Option<T> Completed<T>(this Option<T> option)
    {
        option.CompletionSources.Add([.. ConfigNames.Materials.Select(m => m.Name)]);
        return option;
    }
}
