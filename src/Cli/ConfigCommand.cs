using System.CommandLine;
using ClipFusion.EdgeDaemon.Composition;
using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.Foundation.Json;

namespace ClipFusion.Cli;

/// <summary><c>clipfusion config check</c>: everything that is wrong in a configuration. Exit code 2 on errors; warnings alone are exit
/// code 0.</summary>
internal static class ConfigCommand
{
    /// <summary>Where an installed device has its configuration.</summary>
    public const string InstalledFile = "/etc/clipfusion/clipfusion.json";

    private static readonly Argument<string> File = new("FILE")
    {
        Description = "The configuration; where the device is installed, its own.",
        Arity = ArgumentArity.ZeroOrOne,
        DefaultValueFactory = _ => InstalledFile,
    };

    private static readonly Option<bool> Json = new("--json") { Description = "Write the outcome as one JSON object to standard output." };

    public static Command Create(Terminal terminal)
    {
        var check = new Command(
            "check",
            "Check a configuration, the environment that overrides it, and what it names: folders, pack, all recipes."
        )
        {
            File,
            Json,
        };
        check.SetAction(parsed => Check(parsed.GetRequiredValue(File), parsed.GetValue(Json), terminal));
        return new Command("config", "Check a configuration.") { check };
    }

    private static int Check(string file, bool json, Terminal terminal)
    {
        (ApplianceConfig? config, IReadOnlyList<FieldError> errors) = Read(file);
        DeviceCheck? device = config is null ? null : DeviceCheck.Of(config);
        errors = [.. errors, .. device?.Errors ?? []];
        IReadOnlyList<ConfigWarning> warnings = device?.Warnings ?? [];
        if (json)
        {
            new JsonLines(terminal.Out).Write(
                new
                {
                    file,
                    ok = errors.Count == 0,
                    errors,
                    warnings,
                }
            );
        }
        else
        {
            foreach (FieldError error in errors)
                terminal.WriteError($"{file}: {error}");
            foreach (ConfigWarning warning in warnings)
                terminal.WriteNote($"warning: {file}: {warning}");
            if (config is not null && errors.Count == 0)
                terminal.Out.WriteLine(
                    $"{file}: device {config.Device}, {config.Stations.Length} "
                        + $"{(config.Stations.Length == 1 ? "station" : "stations")}, no error, {Count(warnings)}"
                );
        }

        return errors.Count == 0 ? ExitCode.Clean : ExitCode.BadArguments;
    }

    private static (ApplianceConfig? Config, IReadOnlyList<FieldError> Errors) Read(string file)
    {
        try
        {
            ApplianceConfig config = ConfigReader.ReadFile(file);
            return (config, PromptCheck.Find(config));
        }
        catch (ConfigException e)
        {
            return (null, e.Errors);
        }
    }

    private static string Count(IReadOnlyList<ConfigWarning> warnings) =>
        warnings.Count switch
        {
            0 => "no warning",
            1 => "1 warning",
            int n => $"{n} warnings",
        };
}
