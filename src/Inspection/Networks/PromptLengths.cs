using ClipFusion.Foundation.Json;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;
using ClipFusion.Models.Tokenizer;

namespace ClipFusion.Inspection.Networks;

/// <summary>Whether a pack's text towers read a recipe's prompts to their end. What does not fit would be cut, and prompts that differ only
/// there would be one.</summary>
public static class PromptLengths
{
    private const int ShownCharacters = 160,
        Told = 3;

    /// <summary>Every prompt that is too long for the tower that reads it, among those of the branches that the recipe uses.</summary>
    /// <param name="folder">The pack; of it the manifest and the tokenisers are read.</param>
    /// <param name="recipes">The recipes.</param>
    /// <returns>For each recipe what is wrong in it.</returns>
    /// <exception cref="PackException">There is no readable manifest.</exception>
    /// <exception cref="VocabularyException">A tokeniser's file is missing or malformed.</exception>
    public static IReadOnlyList<IReadOnlyList<FieldError>> Find(string folder, IReadOnlyList<Recipe> recipes)
    {
        ArgumentNullException.ThrowIfNull(recipes);
        PackManifest manifest = PackVerifier.ReadManifest(folder);
        ClipTokenizer? clip = manifest.Clip is null ? null : Load(GraphNames.ClipVocabulary, GraphNames.ClipMerges);
        ClipTokenizer? diffusion = manifest.Diffusion is null ? null : Load(GraphNames.DiffusionVocabulary, GraphNames.DiffusionMerges);
        // What asks for networks that the pack does not have is told elsewhere.
        return [.. recipes.Select(r => PackRecipe.TrySettle(r, manifest) is { } settled ? Find(manifest, clip, diffusion, settled) : [])];

        ClipTokenizer Load(string vocabulary, string merges) =>
            ClipTokenizer.Load(Path.Combine(folder, vocabulary), Path.Combine(folder, merges));
    }

    /// <summary>Refuses a recipe with a prompt that is too long.</summary>
    /// <param name="pack">Whose towers read it.</param>
    /// <param name="recipe">The recipe; of branches that the pack does not have no prompt is looked at.</param>
    /// <exception cref="PromptTooLongException">A prompt is too long; the first ones are named.</exception>
    public static void Ensure(ModelPack pack, Recipe recipe)
    {
        ArgumentNullException.ThrowIfNull(pack);
        Ensure(
            Find(
                pack.Manifest,
                pack.Manifest.Clip is null ? null : pack.ClipTokenizer,
                pack.Manifest.Diffusion is null ? null : pack.DiffusionTokenizer,
                recipe
            )
        );
    }

    /// <summary>Refuses prompts of CLIP that are too long, wherever they come from.</summary>
    /// <param name="pack">Whose tower reads them.</param>
    /// <param name="prompts">The prompts.</param>
    /// <param name="what">What they are, for the message.</param>
    /// <exception cref="PromptTooLongException">A prompt is too long.</exception>
    public static void EnsureClip(ModelPack pack, IEnumerable<string> prompts, string what)
    {
        var errors = new FieldErrors();
        foreach (string prompt in prompts)
            Check(errors, what, prompt, pack.ClipTokenizer, pack.Manifest.RequireClip().ContextLength, "CLIP's");
        // All of an ensemble are too long by the same words.
        Ensure([.. errors.List.Take(1)]);
    }

    private static void Ensure(IReadOnlyList<FieldError> errors)
    {
        if (errors.Count == 0)
            return;
        // A long object word makes all prompts too long; a few show it.
        string more = errors.Count > Told ? $"; and {errors.Count - Told} more" : "";
        throw new PromptTooLongException(string.Join("; ", errors.Take(Told)) + more);
    }

    private static IReadOnlyList<FieldError> Find(PackManifest manifest, ClipTokenizer? clip, ClipTokenizer? diffusion, Recipe recipe)
    {
        var errors = new FieldErrors();
        if (clip is not null && recipe.UsedBranches.HasFlag(Branches.ClipLanguage))
        {
            Side("$.normalPrompts", recipe.NormalPrompts);
            Side("$.abnormalPrompts", recipe.AbnormalPrompts);
        }

        if (diffusion is null || (recipe.UsedBranches & Branches.Diff) == 0)
            return errors.List;
        for (int i = 0; i < recipe.States.Length; i++)
            Diffusion($"$.states[{i}]", recipe.StatePrompt, recipe.States[i]);
        if (!recipe.States.Contains(recipe.GenericState))
            Diffusion("$.genericState", recipe.StatePrompt, recipe.GenericState);
        Diffusion("$.referencePrompt", recipe.ReferencePrompt, null);
        return errors.List;

        void Side(string path, IReadOnlyList<string> templates)
        {
            for (int i = 0; i < templates.Count; i++)
                Check(
                    errors,
                    $"{path}[{i}]",
                    PromptTemplate.Expand(templates[i], recipe.Object),
                    clip!,
                    manifest.RequireClip().ContextLength,
                    "CLIP's"
                );
        }

        void Diffusion(string path, string template, string? state) =>
            Check(
                errors,
                path,
                PromptTemplate.Expand(template, recipe.Object, state),
                diffusion!,
                manifest.RequireDiffusion().ContextLength,
                "the diffusion model's"
            );
    }

    private static void Check(FieldErrors errors, string path, string prompt, ClipTokenizer tokenizer, int contextLength, string whose)
    {
        int tokens = tokenizer.CountTokens(prompt);
        if (tokens <= contextLength)
            return;
        string shown = prompt.Length <= ShownCharacters ? prompt : $"{prompt[..ShownCharacters]}...";
        errors.Add(
            path,
            $"{tokens} tokens (\"{shown}\")",
            $"at most {contextLength}, start and end included, which {whose} text tower reads; the rest would be cut off"
        );
    }
}
