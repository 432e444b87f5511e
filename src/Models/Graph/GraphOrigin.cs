namespace ClipFusion.Models.Graph;

/// <summary>What a graph was made from, as its file says it.</summary>
/// <param name="Description">In words.</param>
/// <param name="Properties">The same by key.</param>
public sealed record GraphOrigin(string Description, IReadOnlyList<KeyValuePair<string, string>> Properties);
