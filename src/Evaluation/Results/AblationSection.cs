namespace ClipFusion.Evaluation.Results;

/// <summary>A table of the paper that varies the method, with its rows here; their figures are among the report's, under the rows'
/// methods.</summary>
/// <param name="Table">The table's number in the paper.</param>
/// <param name="Title">What it compares.</param>
/// <param name="Rows">Its rows, in the paper's order.</param>
/// <param name="Notes">What the paper leaves open, and what was chosen.</param>
public sealed record AblationSection(int Table, string Title, IReadOnlyList<AblationLine> Rows, IReadOnlyList<string> Notes);

/// <summary>One row of such a table.</summary>
/// <param name="Method">The method's name in the figures.</param>
/// <param name="Label">The row in words.</param>
/// <param name="Shots">References.</param>
/// <param name="Categories">The only categories that it judges; null for all.</param>
/// <param name="Missing">Why it was not made, and what would make it so; null where it was.</param>
public sealed record AblationLine(string Method, string Label, int Shots, IReadOnlyList<string>? Categories, string? Missing);
