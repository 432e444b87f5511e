using ClipFusion.EdgeDaemon.Runtime;
using ClipFusion.Imaging;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;

namespace ClipFusion.EdgeDaemon.Recipes;

/// <summary>What is the matter with a recipe that was read without an error.</summary>
/// <param name="Message">For people.</param>
/// <param name="IsError">Whether it can't be made active; otherwise it can, but does not do what one expects.</param>
internal readonly record struct RecipeProblem(string Message, bool IsError);

/// <summary>Finds out what a device would stumble over when it makes a recipe active or judges by it, without loading a network.</summary>
internal static class RecipeCheck
{
    private const string NoReferences =
        "its branches all compare with good parts, and it has no references: \"references\" or a language branch is expected";

    /// <summary>Why a recipe can't judge anything; null where it can.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="isTaught">Whether it has references that its file does not name.</param>
    public static string? Unusable(StationRecipe recipe, bool isTaught = false) =>
        !isTaught && recipe.References.IsEmpty && (recipe.Method.UsedBranches & Branches.Language) == 0 ? NoReferences : null;

    /// <summary>Everything that is not as it has to be; changes nothing.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="folder">Where its files are.</param>
    /// <param name="pack">The pack that it is for; null = not known.</param>
    /// <param name="isTaught">Whether it has references, and thresholds with them, that its file does not name.</param>
    public static IReadOnlyList<RecipeProblem> Find(StationRecipe recipe, string folder, PackManifest? pack, bool isTaught = false)
    {
        var problems = new List<RecipeProblem>();
        if (pack is not null)
        {
            problems.AddRange(PackRecipe.Errors(recipe.Method, pack).Select(e => new RecipeProblem(e.ToString(), true)));
            recipe = recipe with { Method = PackRecipe.TrySettle(recipe.Method, pack) ?? recipe.Method };
        }

        if (Unusable(recipe, isTaught) is { } why)
            problems.Add(new(why, true));
        if (
            pack?.Diffusion is { } diffusion
            && recipe.Method.TimestepBlocks.Select(t => t.Block).Where(b => b >= diffusion.Decoder.Count).ToArray() is [var block, ..]
        )
            problems.Add(
                new($"timestepBlocks names decoder block {block}; pack '{pack.Name}' has blocks 0 to {diffusion.Decoder.Count - 1}", true)
            );
        Files(recipe, folder, problems);
        if (isTaught)
            return problems;
        ShotMode shots =
            recipe.References.IsEmpty || (recipe.Method.UsedBranches & Branches.Compared) == 0 ? ShotMode.ZeroShot : ShotMode.FewShot;
        if (recipe.Rule.Thresholds[recipe.Method.Profile, shots] is null)
            problems.Add(new("it has no threshold for its profile: nothing will be judged", false));
        return problems;
    }

    private static void Files(StationRecipe recipe, string folder, List<RecipeProblem> problems)
    {
        int before = problems.Count;
        foreach (string file in recipe.Files)
        {
            string path = Path.Combine(folder, file);
            try
            {
                ImageHeader header = ImageCodec.ReadHeader(path);
                if (recipe.Method.Region is { } region && !region.IsInside(header.Width, header.Height))
                    problems.Add(
                        new($"{file} has {header.Width}x{header.Height} pixels; the recipe's region {region} does not lie inside", true)
                    );
            }
            catch (Exception e) when (e is ImageFormatException or IOException or UnauthorizedAccessException)
            {
                problems.Add(new(File.Exists(path) ? $"{file} can't be read: {ErrorText.Of(e)}" : $"there is no file {file}", true));
            }
        }

        if (problems.Count > before)
            return;
        try
        {
            IgnoreMasks.Of(recipe, folder);
        }
        catch (IgnoreMaskException e)
        {
            problems.Add(new(e.Message, true));
        }
    }
}
