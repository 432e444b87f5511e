using System.Collections.Immutable;
using ClipFusion.Evaluation.Ablations;
using ClipFusion.Evaluation.Baselines;
using ClipFusion.Evaluation.Baselines.Learned;
using ClipFusion.Evaluation.Methods;
using ClipFusion.Inspection.Recipes;

namespace ClipFusion.Evaluation.Protocol;

/// <summary>What one evaluation computes.</summary>
public sealed record EvaluationOptions
{
    /// <summary>The largest side of a map, in pixels.</summary>
    public const int MaxMapSize = 8192;

    /// <summary>The row of clipfusion with the backbone beside the paper's branches.</summary>
    public const string WithBackbone = ProductRows.WithBackbone;

    /// <summary>The method's settings; the object word is the category's.</summary>
    public Recipe Recipe { get; init; } = Recipe.Default("object");

    /// <summary>The product's rows; the paper's three are without the backbone.</summary>
    public IReadOnlyList<Profile> Profiles { get; init; } = [Profile.ClipFusion];

    /// <summary>Whether there is a row of clipfusion with the backbone beside the paper's branches, of the recipe's weight or else of
    /// 1.</summary>
    public bool ClipFusionWithBackbone { get; init; }

    /// <summary>Rows of other methods on the same weights.</summary>
    public IReadOnlyList<Baseline> Baselines { get; init; } = [];

    /// <summary>Share of PatchCore's bank that its coreset keeps, above 0, at most 1.</summary>
    public double Coreset { get; init; } = 0.1;

    /// <summary>A network of one's own for another row of PatchCore, in the same bank and search; shared, not owned. Null for
    /// none.</summary>
    public Backbone? Backbone { get; init; }

    /// <summary>A network of one's own for PaDiM, whose row it is; shared, not owned. Null for none.</summary>
    public Backbone? PadimBackbone { get; init; }

    /// <summary>Prompts for PromptAD; shared, not owned. Null where it is not among the methods.</summary>
    public PromptAdFile? PromptAd { get; init; }

    /// <summary>Prompts for IIPAD; shared, not owned. Null where it is not among the methods.</summary>
    public IipadFile? Iipad { get; init; }

    /// <summary>Methods that were asked for by "all" and can't be made, each with the reason, for the report.</summary>
    public IReadOnlyList<string> LeftOut { get; init; } = [];

    /// <summary>The channels that PaDiM keeps, of the network of one's own and of CLIP alike.</summary>
    public PadimChannels PadimChannels { get; init; } = PadimChannels.Default;

    /// <summary>References per category, one table row each.</summary>
    public IReadOnlyList<int> Shots { get; init; } = [0, 1, 2, 4];

    /// <summary>Draws; results are the mean over them.</summary>
    public IReadOnlyList<int> Seeds { get; init; } = [0, 1, 2, 3, 4];

    /// <summary>Side of the maps that pixel metrics are computed on; null = each picture's own size.</summary>
    public int? MapSize { get; init; }

    /// <summary>False positive rates up to which the per-region overlap is integrated, each above 0 and at most 1.</summary>
    public IReadOnlyList<double> ProLimits { get; init; } = [0.3];

    /// <summary>One bank of all categories' references for every category.</summary>
    public bool OneForAll { get; init; }

    /// <summary>Tables of the paper that vary the method, by <see cref="AblationNumbers"/>; their rows are made beside the
    /// others.</summary>
    public IReadOnlyList<int> Ablations { get; init; } = [];

    /// <summary>The tables that <see cref="Ablations"/> may name.</summary>
    public static IReadOnlyList<int> AblationNumbers => AblationTables.Numbers;

    /// <summary>States of one's own by category, for a further row of table 11.</summary>
    public IReadOnlyDictionary<string, ImmutableArray<string>> OwnStates { get; init; } =
        ImmutableDictionary<string, ImmutableArray<string>>.Empty;

    /// <summary>Threads of the bank search, at least 1.</summary>
    public int Threads { get; init; } = 1;
}

/// <summary>How far an evaluation is.</summary>
/// <param name="What">What is being done.</param>
/// <param name="Done">Steps done: pictures through the networks, and pictures judged.</param>
/// <param name="Total">Steps in all.</param>
/// <param name="Left">An estimate of the time left, from the steps so far; null before there are any.</param>
/// <param name="IsLeast">Whether work of a kind is to come that was never measured, so that <paramref name="Left"/> is the least.</param>
public sealed record EvaluationProgress(string What, int Done, int Total, TimeSpan? Left, bool IsLeast = false);
