using System.CommandLine;
using ClipFusion.EdgeDaemon.Configuration;
using Microsoft.AspNetCore.Builder;

namespace ClipFusion.EdgeDaemon.CommandLine;

/// <summary><c>clipfusion run</c>: the appliance, until it is stopped.</summary>
internal static class RunCommand
{
    private static readonly Option<string> Config = new("--config") { Description = "The configuration file.", HelpName = "FILE", Required = true };

    public static Command Create()
    {
        var command = new Command("run", "Run the appliance until it is stopped.") { Config };
        command.SetAction((parsed, cancellation) => RunAsync(parsed.GetValue(Config)!, cancellation));
        return command;
    }

    private static async Task<int> RunAsync(string file, CancellationToken cancellation)
    {
        await using WebApplication app = ApplianceHost.Create(LiveConfig.Load(file));
        await ApplianceHost.RunAsync(app, cancellation).ConfigureAwait(false);
        return ExitCode.Clean;
    }
}
