using ClipFusion.Evaluation.Datasets;

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
    string Dataset, DatasetLayout Layout, string Pack, string Recipe, string Maps, bool OneForAll,
    IReadOnlyList<DatasetProblem> Problems, IReadOnlyList<string> Notes, IReadOnlyList<Figure> Figures)
{
    /// <summary>The paper's tables that vary the method, as far as they were asked for.</summary>
    public IReadOnlyList<AblationSection> Ablations { get; init; } = [];
}
