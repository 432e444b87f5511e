using ClipFusion.EdgeDaemon.Domain;

namespace ClipFusion.EdgeDaemon.Recipes;

/// <summary>A recipe can't be made active. The message names the recipe and what is wrong.</summary>
internal sealed class RecipeUnusableException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What the caller is answered.</summary>
    public Code Code { get; init; } = Code.RecipeFailed;
}
