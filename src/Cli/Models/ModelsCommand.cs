using System.CommandLine;

namespace ClipFusion.Cli.Models;

/// <summary><c>clipfusion models</c>: everything about model files. One file per verb, one line each here.</summary>
internal static class ModelsCommand
{
    public static Command Create(Terminal terminal) =>
        new("models", "Download, build, list and verify models.")
        {
            ModelsPullCommand.Create(terminal),
            ModelsBuildCommand.Create(terminal),
            ModelsListCommand.Create(terminal),
            ModelsVerifyCommand.Create(terminal),
        };
}
