using System.Collections.Immutable;
using System.Globalization;
using ClipFusion.Evaluation.Datasets;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Architectures;
using ClipFusion.Models.Pack;

namespace ClipFusion.Evaluation.Ablations;

/// <summary>The paper's tables 3 to 6 and 9 to 11 as variants of a recipe. Tables 5 to 11 are of MapDiff alone; all are of one
/// reference.</summary>
/// <param name="recipe">Whatever a table does not vary.</param>
/// <param name="manifest">The pack: what of the tables it can give.</param>
/// <param name="dataset">The categories that there are.</param>
/// <param name="ownStates">States of one's own, by category, for another row of table 11.</param>
internal sealed class AblationTables(
    Recipe recipe,
    PackManifest manifest,
    Dataset dataset,
    IReadOnlyDictionary<string, ImmutableArray<string>> ownStates
)
{
    private static readonly ImmutableArray<TimestepBlock> Matched = [new(201, 3), new(401, 2), new(801, 1)],
        Mismatched = [new(201, 1), new(401, 2), new(801, 3)];

    private static readonly double[] Weights = [0.25, 0.5, 0.75];

    private static readonly (string Category, ImmutableArray<string> States)[] PapersStates =
    [
        ("cable", ["crack", "poke", "scratch"]),
        ("pill", ["crack", "scratch", "residue"]),
    ];

    /// <summary>The tables that there are.</summary>
    public static IReadOnlyList<int> Numbers { get; } = [3, 4, 5, 6, 9, 10, 11];

    private Recipe Both => recipe with { Branches = Branches.All, Profile = Profile.ClipFusion };

    private Recipe Diffusion => Both with { Profile = Profile.MapDiff };

    /// <summary>A table.</summary>
    /// <param name="number">One of <see cref="Numbers"/>.</param>
    public AblationTable Of(int number)
    {
        AblationTable table = number switch
        {
            3 => Models(),
            4 => Modalities(),
            5 => TimestepsAndBlocks(),
            6 => EarlyBlock(),
            9 => Components(),
            10 => StateEnsemble(),
            11 => ClassStates(),
            _ => throw new ArgumentOutOfRangeException(nameof(number), number, $"the tables {string.Join(", ", Numbers)} vary the method"),
        };
        return table with { Rows = [.. table.Rows.Select(r => r with { Missing = r.Missing ?? MissingBlock(r.Recipe) })] };
    }

    private AblationTable Models() =>
        new(
            3,
            "different models",
            [
                new("table3-clip", "CLIP", Both with { Profile = Profile.PatchClip }) { Networks = Both },
                new("table3-diff", "Diff", Both with { Profile = Profile.MapDiff }) { Networks = Both },
                new("table3-both", "CLIP and Diff", Both),
                .. Weights.Select(alpha => new AblationRow(
                    FormattableString.Invariant($"table3-weights-{alpha}"),
                    FormattableString.Invariant($"weights {alpha} and {1 - alpha} for map and score"),
                    Both with
                    {
                        AlphaSegmentation = alpha,
                        AlphaClassification = alpha,
                    }
                )
                {
                    Networks = Both,
                }),
            ],
            [
                "the paper compares weights of CLIP and diffusion without giving their figures: (1, 0) and (0, 1) are its rows CLIP "
                    + "and Diff; the others stand here without",
            ]
        );

    private AblationTable Modalities() =>
        new(
            4,
            "different modalities",
            [
                // With references at hand the networks do the same for this row as for the others.
                new("table4-language", "language", Both with { Branches = Branches.Language }) { Networks = Both, Shots = 0 },
                new("table4-vision", "vision", Both with { Branches = Branches.Vision }) { Networks = Both },
                new("table4-both", "language and vision", Both),
            ],
            ["language alone looks at no reference: its row is that of 0 shots"]
        );

    private AblationTable TimestepsAndBlocks() =>
        new(
            5,
            "timesteps and decoder blocks of M^{Diff,V}",
            [
                Pairs("table5-block-up", "higher timestep, higher block", Mismatched),
                Pairs("table5-block-down", "higher timestep, lower block", Matched),
            ],
            [
                "the paper names the pairs of its second row alone; the first is taken to be the same timesteps with the blocks the "
                    + "other way round",
            ]
        );

    private AblationTable EarlyBlock() =>
        new(
            6,
            "decoder blocks of M^{Diff,V}",
            [
                Pairs("table6-with-block0", "with the early block", [.. Matched, new TimestepBlock(801, 0)]),
                Pairs("table6-without-block0", "without the early block", Matched),
            ],
            ["the paper does not say at which timestep block 0 is taken; here at its highest, 801"]
        );

    private AblationTable Components()
    {
        string? missing = manifest.Graphs.Any(g => g.Name == GraphNames.MapDiffParts)
            ? null
            : $"pack '{manifest.Name}' has no graph '{GraphNames.MapDiffParts}', which packs have from this version on: build it again "
                + "from the same weights with 'clipfusion models build'";
        return new(
            9,
            "components of the denoiser that give cross-attention maps",
            [
                new("table9-decoder", "decoder", Diffusion) { Parts = DenoiserParts.Decoder, Missing = missing },
                new("table9-all", "encoder, bottleneck, decoder", Diffusion)
                {
                    Parts = DenoiserParts.Encoder | DenoiserParts.Bottleneck | DenoiserParts.Decoder,
                    Missing = missing,
                },
                new("table9-encoder-decoder", "encoder, decoder", Diffusion),
            ],
            []
        );
    }

    private AblationTable StateEnsemble() =>
        new(
            10,
            "state ensemble (generic and specific)",
            [
                new("table10-generic", "without", Diffusion with { States = [recipe.GenericState] }),
                new("table10-ensemble", "with", Diffusion),
            ],
            []
        );

    private AblationTable ClassStates()
    {
        IEnumerable<AblationRow> Custom(string name, string label, IEnumerable<(string Category, ImmutableArray<string> States)> sets) =>
            sets.Select(s => new AblationRow(
                name,
                $"{label}: {s.Category}: {string.Join(", ", s.States)}",
                Diffusion with
                {
                    States = s.States,
                }
            )
            {
                Categories = [s.Category],
                Missing = MissingCategory(s.Category),
            });
        string[] categories = [.. PapersStates.Select(s => s.Category).Union(ownStates.Keys)];
        return new(
            11,
            "state customization",
            [
                .. categories.Select(c => new AblationRow(
                    "table11-default",
                    $"default set: {c}: {string.Join(", ", recipe.States)}",
                    Diffusion
                )
                {
                    Categories = [c],
                    Missing = MissingCategory(c),
                }),
                .. Custom("table11-custom", "the paper's set", PapersStates),
                .. Custom("table11-own", "own set", ownStates.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => (s.Key, s.Value))),
            ],
            [
                "the paper does not say which AUROC this is; its figures are taken to be MapDiff's of images with 1 shot, since no "
                    + "pixel figure of the two comes near",
            ]
        );
    }

    private AblationRow Pairs(string name, string label, ImmutableArray<TimestepBlock> pairs) =>
        new(
            name,
            $"{label}: {string.Join(", ", pairs.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Timestep} at {p.Block}")))}",
            Diffusion with
            {
                TimestepBlocks = pairs,
            }
        );

    private string? MissingCategory(string category) =>
        dataset.Categories.Any(c => c.Name == category)
            ? null
            : $"no category '{category}' is judged; the paper's are MVTec-AD's cable and pill, '--states' gives sets for others";

    private string? MissingBlock(Recipe variant)
    {
        int blocks = manifest.RequireDiffusion().Decoder.Count,
            highest = variant.TimestepBlocks.Max(t => t.Block);
        return highest < blocks
            ? null
            : $"it takes features of decoder block {highest}; pack '{manifest.Name}' has blocks 0 to {blocks - 1}: a pack of Stable "
                + "Diffusion 2 is needed";
    }
}
