using System.Collections.Immutable;
using ClipFusion.Evaluation.Datasets;
using ClipFusion.Models.Pack;

namespace ClipFusion.Evaluation.Results;

/// <summary>Everything that the tables say. Holds nothing that differs between two evaluations of the same.</summary>
/// <param name="Dataset">The data set's name.</param>
/// <param name="Layout">How it was read.</param>
/// <param name="Pack">The pack's name.</param>
/// <param name="Recipe">The recipe's revision, with the object word "object".</param>
/// <param name="Maps">Side of the maps that pixel metrics were computed on, or "original".</param>
/// <param name="OneForAll">Whether all categories shared a bank.</param>
/// <param name="Problems">What of the data set was left out.</param>
/// <param name="Notes">What of the runs was left out.</param>
/// <param name="Figures">The figures.</param>
public sealed record EvaluationReport(
    string Dataset,
    DatasetLayout Layout,
    string Pack,
    string Recipe,
    string Maps,
    bool OneForAll,
    IReadOnlyList<DatasetProblem> Problems,
    IReadOnlyList<string> Notes,
    IReadOnlyList<Figure> Figures
)
{
    /// <summary>The paper's tables that vary the method, as far as they were asked for.</summary>
    public IReadOnlyList<AblationSection> Ablations { get; init; } = [];

    /// <summary>How the pack's weights came to be.</summary>
    public PackWeights Weights { get; init; }

    /// <summary>Rows whose weights came to be otherwise: a part of the pack, or another network.</summary>
    public IReadOnlyDictionary<string, PackWeights> OtherWeights { get; init; } = ImmutableDictionary<string, PackWeights>.Empty;

    /// <summary>How the weights came to be, in words, with what follows from it.</summary>
    public string WeightsText =>
        string.Join(
            "; ",
            OtherWeights
                .Where(o => o.Value != Weights && Figures.Any(f => f.Method == o.Key))
                .OrderBy(o => o.Key, StringComparer.Ordinal)
                .Select(o => $"of {o.Key}: {PackWeightsText.Of(o.Value)}")
                .Prepend(PackWeightsText.Of(Weights))
        );

    /// <summary>How the weights of a row came to be.</summary>
    public PackWeights WeightsOf(string method) => OtherWeights.TryGetValue(method, out PackWeights other) ? other : Weights;

    /// <summary>How many pictures were there to judge and what was known of them.</summary>
    public string Counts { get; init; } = "";

    /// <summary>The same by category.</summary>
    public IReadOnlyList<CategoryCounts> Categories { get; init; } = [];
}

/// <summary>A category's test set.</summary>
/// <param name="Category">Its name.</param>
/// <param name="References">Good pictures to draw from.</param>
/// <param name="Test">Test pictures.</param>
/// <param name="Defective">Those that show a defect.</param>
/// <param name="WithMasks">Those of them with a mask that was used.</param>
public sealed record CategoryCounts(string Category, int References, int Test, int Defective, int WithMasks);
