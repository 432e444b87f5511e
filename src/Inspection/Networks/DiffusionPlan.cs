using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;
using Microsoft.ML.OnnxRuntime;

namespace ClipFusion.Inspection.Networks;

/// <summary>
/// Which rows one run of the UNet has: every (prompt, timestep) that is wanted once, ordered by how far it runs, so that each leaves
/// after the block whose features it owes.
/// </summary>
public sealed class DiffusionPlan : IDisposable
{
    private readonly Dictionary<string, OrtValue> _inputs = new(StringComparer.Ordinal);

    private DiffusionPlan(
        DiffusionPart part,
        TextPrompts prompts,
        IReadOnlyList<int> statePrompts,
        int languageTimestep,
        IReadOnlyList<TimestepBlock> wanted,
        int featurePrompt,
        bool fullGraph
    )
    {
        var rows = new List<PassRow>();
        PassRow RowOf(int prompt, int timestep)
        {
            PassRow? row = rows.Find(r => r.Prompt == prompt && r.Timestep == timestep);
            if (row is null)
                rows.Add(row = new PassRow(prompt, timestep));
            return row;
        }

        int mapsExit = 2 * part.LastMappedBlock + 1;
        PassRow[] languageRows = [.. statePrompts.Select(p => RowOf(p, languageTimestep))];
        foreach (PassRow row in languageRows)
            row.Exit = mapsExit;
        PassRow[] featureRows = [.. wanted.Select(w => RowOf(featurePrompt, w.Timestep))];
        for (int i = 0; i < featureRows.Length; i++)
            featureRows[i].Exit = Math.Max(featureRows[i].Exit, 2 * wanted[i].Block + 2);

        PassRow[] ordered = [.. rows.OrderByDescending(r => r.Exit)];
        int[] timesteps = [.. ordered.Select(r => r.Timestep).Distinct()];
        LanguageRows = [.. languageRows.Select(r => Array.IndexOf(ordered, r))];
        IsLanguageOnly = wanted.Count == 0 && !fullGraph;
        RowCount = ordered.Length;

        Add(GraphNames.Timesteps, Array.ConvertAll(timesteps, t => (float)t), timesteps.Length);
        Add(GraphNames.RowTimesteps, Array.ConvertAll(ordered, r => (long)Array.IndexOf(timesteps, r.Timestep)), ordered.Length);
        Add(
            GraphNames.Context,
            [.. ordered.SelectMany(r => prompts.Diffusion[r.Prompt].Context)],
            ordered.Length,
            part.ContextLength,
            part.ContextWidth
        );
        Add(
            GraphNames.TokenWeights,
            [.. ordered.SelectMany(r => prompts.Diffusion[r.Prompt].TokenWeights)],
            ordered.Length,
            part.ContextLength,
            2
        );
        Features = Place(part, ordered, wanted, featureRows);
        if (IsLanguageOnly)
            return;

        // A graph with no rows at all can't run, so at least one goes all the way even when nothing is wanted of it.
        long Staying(int position) => Math.Max(1, ordered.Count(r => r.Exit >= position));
        for (int b = 1; b < part.Decoder.Count; b++)
            Add(GraphNames.RowsEntering(b), [Staying(2 * b + 1)], 1);
        Add(GraphNames.RowsAfterMaps, [Staying(mapsExit + 1)], 1);
    }

    /// <summary>Per state the row that its map comes from.</summary>
    public IReadOnlyList<int> LanguageRows { get; }

    /// <summary>Per wanted (timestep, block), in the recipe's order, where its features come out.</summary>
    public IReadOnlyList<FeaturePlace> Features { get; }

    /// <summary>Whether the zero-shot graph does: no features are wanted, nor the raw taps that only the full graph gives.</summary>
    public bool IsLanguageOnly { get; }

    /// <summary>Whether it is the pass of a reference image.</summary>
    public bool IsReference { get; private init; }

    /// <summary>Rows of the batch.</summary>
    public int RowCount { get; }

    /// <summary>Every input but the latent.</summary>
    internal IReadOnlyDictionary<string, OrtValue> Inputs => _inputs;

    /// <summary>The pass of a query: maps of the recipe's states, features under the generic state or the reference prompt.</summary>
    internal static DiffusionPlan ForQuery(DiffusionPart part, TextPrompts prompts, Recipe recipe, bool features, bool fullGraph)
    {
        int[] states = recipe.UsedBranches.HasFlag(Branches.DiffLanguage) ? [.. Enumerable.Range(0, recipe.States.Length)] : [];
        int featurePrompt = recipe.QueryFeaturePrompt == QueryFeaturePrompt.Reference ? prompts.Reference : prompts.Generic;
        return new DiffusionPlan(
            part,
            prompts,
            states,
            recipe.LanguageTimestep,
            features ? recipe.TimestepBlocks : [],
            featurePrompt,
            fullGraph
        );
    }

    /// <summary>The pass of a reference image: features alone, under the reference prompt.</summary>
    internal static DiffusionPlan ForReference(DiffusionPart part, TextPrompts prompts, Recipe recipe) =>
        new(part, prompts, [], recipe.LanguageTimestep, recipe.TimestepBlocks, prompts.Reference, fullGraph: true) { IsReference = true };

    /// <summary>Frees the inputs.</summary>
    public void Dispose()
    {
        foreach (OrtValue value in _inputs.Values)
            value.Dispose();
    }

    private List<FeaturePlace> Place(DiffusionPart part, PassRow[] ordered, IReadOnlyList<TimestepBlock> wanted, PassRow[] featureRows)
    {
        var places = new List<FeaturePlace>();
        var perBlock = part.Decoder.Select(_ => new List<long>()).ToArray();
        for (int i = 0; i < wanted.Count; i++)
        {
            List<long> block = perBlock[wanted[i].Block];
            places.Add(new FeaturePlace(wanted[i], block.Count));
            block.Add(Array.IndexOf(ordered, featureRows[i]));
        }

        if (IsLanguageOnly)
            return places;
        for (int b = 0; b < perBlock.Length; b++)
        {
            if (perBlock[b].Count == 0)
                perBlock[b].Add(0);
            Add(GraphNames.FeatureRows(b), [.. perBlock[b]], perBlock[b].Count);
        }

        return places;
    }

    private void Add<T>(string name, T[] values, params long[] shape)
        where T : unmanaged => _inputs.Add(name, OrtValue.CreateTensorValueFromMemory(values, shape));

    /// <summary>A (prompt, timestep) and the position after which nothing more is wanted of it: 2 b + 2 after decoder block b, one less
    /// after its last map.</summary>
    private sealed class PassRow(int prompt, int timestep)
    {
        public int Prompt { get; } = prompt;

        public int Timestep { get; } = timestep;

        public int Exit { get; set; }
    }
}

/// <summary>Where the features of a (timestep, block) come out of the UNet.</summary>
/// <param name="At">Timestep and decoder block.</param>
/// <param name="Row">Row of that block's feature output.</param>
public readonly record struct FeaturePlace(TimestepBlock At, int Row);
