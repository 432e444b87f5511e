using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Architectures;

namespace ClipFusion.Evaluation.Ablations;

/// <summary>One of the paper's tables that vary the method.</summary>
/// <param name="Number">Its number in the paper.</param>
/// <param name="Title">What it compares.</param>
/// <param name="Rows">Its rows, and ours beside them.</param>
/// <param name="Notes">What the paper leaves open, and what was chosen.</param>
internal sealed record AblationTable(int Number, string Title, IReadOnlyList<AblationRow> Rows, IReadOnlyList<string> Notes);

/// <summary>One row: a variant of the recipe.</summary>
/// <param name="Name">The method's name in results; starts with the table's, which no other method's name does.</param>
/// <param name="Label">The row in the paper's words, or ours where the paper has no figures for it.</param>
/// <param name="Recipe">How it judges; the object is filled in.</param>
internal sealed record AblationRow(string Name, string Label, Recipe Recipe)
{
    /// <summary>What the networks see. Rows of one table with the same run them once and share the bank search.</summary>
    public Recipe Networks { get; init; } = Recipe;

    /// <summary>References, as the paper's: one, or none where they play no part.</summary>
    public int Shots { get; init; } = 1;

    /// <summary>Components of the denoiser that give cross-attention maps; null for the method's.</summary>
    public DenoiserParts? Parts { get; init; }

    /// <summary>The only categories that it judges; null for all.</summary>
    public IReadOnlyList<string>? Categories { get; init; }

    /// <summary>Why it can't be made here, and what would make it so; null when it can.</summary>
    public string? Missing { get; init; }
}
