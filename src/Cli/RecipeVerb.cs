using System.CommandLine;
using System.Globalization;
using ClipFusion.EdgeDaemon.Recipes;
using ClipFusion.Foundation;
using ClipFusion.Foundation.Json;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;

namespace ClipFusion.Cli;

/// <summary><c>clipfusion recipe check</c>: everything that is wrong in a recipe, before a device or <c>inspect</c> stumbles over it. Exit
/// code 2 on errors.</summary>
internal static class RecipeVerb
{
    private static readonly Argument<string> File = new("FILE")
    {
        Description = "The recipe; its mask and references are looked for beside it.",
    };

    private static readonly Option<string> Pack = new("--pack")
    {
        Description = "The model pack that it is for: what the pack does not have is found, too.",
        HelpName = "DIR",
    };

    private static readonly Option<bool> Json = new("--json") { Description = "Write the outcome as one JSON object to standard output." };

    public static Command Create(Terminal terminal)
    {
        var check = new Command("check", "Check a recipe, its mask and its references.") { File, Pack, Json };
        check.SetAction(parsed => Check(parsed.GetRequiredValue(File), parsed.GetValue(Pack), parsed.GetValue(Json), terminal));
        return new Command("recipe", "Check a recipe.") { check };
    }

    private static int Check(string file, string? pack, bool json, Terminal terminal)
    {
        if (!System.IO.File.Exists(file))
            throw new UsageException($"{file}: there is no such file");
        PackManifest? manifest = pack is null ? null : PackVerifier.ReadManifest(pack);
        List<string> errors = [],
            warnings = [];
        StationRecipe? recipe = null;
        try
        {
            (recipe, bool hasNumber) = StationRecipeReader.ReadForTrial(file);
            foreach (RecipeProblem problem in RecipeCheck.Find(recipe, Path.GetDirectoryName(Path.GetFullPath(file))!, manifest))
                (problem.IsError ? errors : warnings).Add(problem.Message);
            if (!hasNumber)
                warnings.Add(
                    "a device takes it only with \"number\", 0 to 999, by which the PLC asks for it; inspect and evaluate don't need one"
                );
            if (
                Path.GetFileNameWithoutExtension(file) is var name
                && !(Names.IsRecipeName(name) && (recipe.Name == name || recipe.Name == StationRecipeReader.TrialName))
            )
                warnings.Add($"a device takes it only in a file of its name: {Names.Rule}, and then .json");
        }
        catch (RecipeException e)
        {
            foreach (FieldError error in e.Errors)
                errors.Add(error.ToString());
        }

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
            foreach (string error in errors)
                terminal.WriteError($"{file}: {error}");
            foreach (string warning in warnings)
                terminal.WriteNote($"warning: {file}: {warning}");
            if (errors.Count == 0 && recipe is not null)
                terminal.Out.WriteLine(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{file}: object \"{recipe.Method.Object}\", references: {recipe.References.Length}, no error, warnings: "
                            + $"{warnings.Count}"
                    )
                );
        }

        return errors.Count == 0 ? ExitCode.Clean : ExitCode.BadArguments;
    }
}
