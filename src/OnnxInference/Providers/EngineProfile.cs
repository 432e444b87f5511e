using System.Globalization;
using ClipFusion.Models.Pack;

namespace ClipFusion.OnnxInference.Providers;

/// <summary>
/// The range of shapes that an engine is built for, from what recipes can ask: pictures come one at a time, prompts one at a time or up to
/// 64, and the UNet's rows are the recipe's states and timesteps. A recipe outside the range can't be made active on that engine.
/// </summary>
/// <remarks>
/// The UNet's optimum is its maximum. Lengths that are inputs themselves are handed on by ONNX Runtime with optimum and maximum exchanged,
/// from TensorRT 10.11 on and until its change 32415; where both are the same that does no harm, and a length is never more than the rows
/// that there are.
/// </remarks>
internal static class EngineProfile
{
    /// <summary>Prompts of a side that a recipe may have.</summary>
    public const int MostPrompts = 64;

    /// <summary>Rows of the UNet that an engine serves.</summary>
    public const int MostRows = 12;

    /// <summary>Options <c>trt_profile_min_shapes</c>, <c>_opt_</c> and <c>_max_</c>: <c>input:1x4x32x32,other:...</c>, each input that has
    /// a length that is not fixed.</summary>
    public static (string Min, string Opt, string Max) Of(GraphEntry graph)
    {
        TensorEntry[] free = [.. graph.Inputs.Where(i => i.Shape.Any(IsFree) || IsCount(i))];
        return (Shapes(r => r.Min), Shapes(r => r.Opt), Shapes(r => r.Max));

        string Shapes(Func<(int Min, int Opt, int Max), int> pick) =>
            string.Join(',', free.Select(i => $"{i.Name}:{string.Join('x', i.Shape.Select(d => Length(i, d, pick)))}"));
    }

    /// <summary>An input that is itself a length has the value in the profile in the place of its shape, which is how the provider takes
    /// shape tensors.</summary>
    private static string Length(TensorEntry input, string length, Func<(int Min, int Opt, int Max), int> pick) =>
        IsCount(input) ? pick((1, MostRows, MostRows)).ToString(CultureInfo.InvariantCulture)
        : !IsFree(length) ? length
        : pick(Range(input, length)).ToString(CultureInfo.InvariantCulture);

    private static (int Min, int Opt, int Max) Range(TensorEntry input, string length) =>
        (input.Name, length) switch
        {
            (GraphNames.Pixels, _) => (1, 1, 1),
            (GraphNames.Tokens, _) => (1, 1, MostPrompts),
            _ => (1, MostRows, MostRows),
        };

    private static bool IsFree(string length) => !int.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out _);

    private static bool IsCount(TensorEntry input) =>
        input.Name == GraphNames.RowsAfterMaps || input.Name.StartsWith("rows_entering_", StringComparison.Ordinal);
}
