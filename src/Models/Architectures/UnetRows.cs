using ClipFusion.Models.Graph;

namespace ClipFusion.Models.Architectures;

/// <summary>
/// The batch of a UNet pass. Rows are ordered by how far they run: first those whose features of the last decoder block are wanted, then
/// those that only owe cross-attention maps, then those that leave after earlier decoder blocks. So whatever leaves is at the end,
/// and the rest is a prefix.
/// </summary>
/// <param name="Timesteps">float32 [T]: the distinct timesteps.</param>
/// <param name="RowTimesteps">int64 [R]: which of them each row runs at.</param>
/// <param name="Context">[R, 77, D]: the prompt of each row.</param>
/// <param name="TokenWeights">
/// float32 [R, 77, 2]: what a row's cross-attention probabilities are summed with. Column 0 averages over the state's tokens, column 1 is
/// the sum that the first is divided by (all ones, or the content tokens).
/// </param>
/// <param name="RowsEntering">int64 [1] per decoder block from 1 on: rows that enter it.</param>
/// <param name="RowsAfterMaps">int64 [1]: rows that run on after the last cross-attention map, at least 1; null stops there.</param>
public sealed record UnetRows(
    Value Timesteps,
    Value RowTimesteps,
    Value Context,
    Value TokenWeights,
    IReadOnlyList<Value> RowsEntering,
    Value? RowsAfterMaps
)
{
    /// <summary>Symbol of the number of distinct timesteps.</summary>
    public const string DistinctTimesteps = "T";

    /// <summary>Symbol of the number of rows.</summary>
    public const string All = "R";

    /// <summary>Symbol of the number of rows that run on after the last map.</summary>
    public const string AfterMaps = "Rmap";

    /// <summary>Symbol of the number of rows that enter a decoder block.</summary>
    public static string Entering(int block) => block == 0 ? All : $"R{block}";
}
