using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.EdgeDaemon.Recipes;
using ClipFusion.Foundation.Json;
using ClipFusion.Inspection.Networks;
using ClipFusion.Models.Pack;
using ClipFusion.Models.Tokenizer;

namespace ClipFusion.EdgeDaemon.Composition;

/// <summary>Looks for prompts of the device's recipes that its pack would cut off.</summary>
internal static class PromptCheck
{
    /// <summary>Every prompt of every readable recipe that is too long; none where pack or recipes can't be read, which
    /// <see cref="DeviceCheck"/> tells.</summary>
    public static IReadOnlyList<FieldError> Find(ApplianceConfig config)
    {
        try
        {
            CatalogueEntry[] entries = [.. RecipeCatalogue.Load(config.RecipeFolder).Entries.Where(e => e.Recipe is not null)];
            return
            [
                .. entries
                    .Zip(PromptLengths.Find(config.ModelPack, [.. entries.Select(e => e.Recipe!.Method)]))
                    .SelectMany(f => f.Second.Select(e => e with { Path = $"recipe {f.First.Name}: {e.Path}" })),
            ];
        }
        catch (VocabularyException e)
        {
            return [new("$.modelPack", e.Message, "a pack whose tokenisers can be read")];
        }
        catch (Exception e) when (e is PackException or IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
