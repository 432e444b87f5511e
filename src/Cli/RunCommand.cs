using System.CommandLine;
using ClipFusion.EdgeDaemon.Composition;
using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.OnnxInference.Providers;
using Microsoft.AspNetCore.Builder;

namespace ClipFusion.Cli;

/// <summary><c>clipfusion run</c>: the appliance, until it is stopped.</summary>
internal static class RunCommand
{
    private static readonly Option<string> Config = new("--config")
    {
        Description = "The configuration file; where the device is installed, its own.",
        HelpName = "FILE",
        DefaultValueFactory = _ => ConfigCommand.InstalledFile,
    };

    public static Command Create()
    {
        var command = new Command("run", "Run the appliance until it is stopped.") { Config };
        command.SetAction((parsed, cancellation) => RunAsync(parsed.GetValue(Config)!, cancellation));
        return command;
    }

    private static async Task<int> RunAsync(string file, CancellationToken cancellation)
    {
        LiveConfig config = LiveConfig.Load(file);
        // Before anything starts: a library that does not fit is a wrong configuration, not a box that fails again and again.
        if (config.Current.Accelerator.OnnxRuntime is { } library)
            OnnxRuntimeLibrary.Use(library);
        // And what everybody gets wrong once is one line, not the host's traces.
        DeviceCheck.RequireStart(config.Current);
        await using WebApplication app = ApplianceHost.Create(config);
        await ApplianceHost.RunAsync(app, ErrorReport.IsForeseen, cancellation).ConfigureAwait(false);
        return ExitCode.Clean;
    }
}
