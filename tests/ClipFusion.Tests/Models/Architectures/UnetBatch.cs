using ClipFusion.Models.Pack;
using ClipFusion.Tests.Models.Pack;

namespace ClipFusion.Tests.Models.Architectures;

/// <summary>A row of a UNet batch.</summary>
/// <param name="Prompt">Which of the random contexts.</param>
/// <param name="Timestep">When.</param>
/// <param name="Owes">What it owes, as decoder blocks from 0 whose features are wanted.</param>
/// <param name="OwesMap">Whether its map is wanted.</param>
internal sealed record UnetRow(int Prompt, int Timestep, int[] Owes, bool OwesMap)
{
    /// <summary>The last decoder block that it must enter; the maps end in the last one.</summary>
    public int LastBlock => OwesMap ? UnetBatch.Blocks - 1 : Owes.Max();

    /// <summary>Whether it runs on after the last map.</summary>
    public bool RunsToTheEnd => Owes.Contains(UnetBatch.Blocks - 1);
}

/// <summary>Inputs of <c>mapdiff</c> for any rows, written from the graph's documented contract rather than with the method's own
/// planner.</summary>
internal sealed class UnetBatch
{
    public const int Blocks = 3,
        Prompts = 6;

    private readonly float[] _latent;
    private readonly float[][] _contexts;
    private readonly float[][] _tokens;

    public UnetBatch(int seed)
    {
        using var random = new GraphInputs(seed);
        _latent = random.Normal(4 * GraphInputs.Latent * GraphInputs.Latent, 1);
        _contexts = [.. Enumerable.Range(0, Prompts).Select(_ => random.Normal(GraphInputs.ContextLength * GraphInputs.ContextWidth, 1))];
        _tokens = [.. Enumerable.Range(0, Prompts).Select(p => Weights(p))];
    }

    /// <summary>Rows in the order that the graph wants: the longest-running first.</summary>
    public static UnetRow[] Order(IEnumerable<UnetRow> rows) =>
        [.. rows.OrderByDescending(r => r.RunsToTheEnd).ThenByDescending(r => r.LastBlock)];

    /// <summary>Runs the rows as one batch: per row its map (null where it owes none) and its features by block.</summary>
    public (float[]? Map, Dictionary<int, float[]> Features)[] Run(PackGraph graph, UnetRow[] rows)
    {
        using GraphInputs inputs = Inputs(rows);
        long[][] wanted = Wanted(rows);
        Dictionary<string, (long[] Shape, float[] Values)> o = graph.Run(inputs.Values);
        return
        [
            .. rows.Select(
                (row, r) =>
                    (
                        row.OwesMap ? Slice(o[GraphNames.StateMaps], r) : null,
                        row.Owes.ToDictionary(b => b, b => Slice(o[GraphNames.Features(b)], Array.IndexOf(wanted[b], r)))
                    )
            ),
        ];
    }

    /// <summary>Inputs for one run, of <c>mapdiff</c> or of its language-only variant.</summary>
    public static GraphInputs Inputs(int seed, UnetRow[] rows, bool languageOnly = false) => new UnetBatch(seed).Inputs(rows, languageOnly);

    private GraphInputs Inputs(UnetRow[] rows, bool languageOnly = false)
    {
        int[] timesteps = [.. rows.Select(r => r.Timestep).Distinct()];
        GraphInputs inputs = new GraphInputs(0)
            .Add(GraphNames.Latent, _latent, 1, 4, GraphInputs.Latent, GraphInputs.Latent)
            .Add(GraphNames.Timesteps, Array.ConvertAll(timesteps, t => (float)t), timesteps.Length)
            .Add(GraphNames.RowTimesteps, Array.ConvertAll(rows, r => (long)Array.IndexOf(timesteps, r.Timestep)), rows.Length)
            .Add(
                GraphNames.Context,
                rows.SelectMany(r => _contexts[r.Prompt]).ToArray(),
                rows.Length,
                GraphInputs.ContextLength,
                GraphInputs.ContextWidth
            )
            .Add(GraphNames.TokenWeights, rows.SelectMany(r => _tokens[r.Prompt]).ToArray(), rows.Length, GraphInputs.ContextLength, 2);
        if (languageOnly)
            return inputs;

        inputs.Add(GraphNames.RowsAfterMaps, [Math.Max(1L, rows.Count(r => r.RunsToTheEnd))], 1);
        for (int b = 1; b < Blocks; b++)
            inputs.Add(GraphNames.RowsEntering(b), [Math.Max(1L, rows.Count(r => r.LastBlock >= b))], 1);
        long[][] wanted = Wanted(rows);
        for (int b = 0; b < Blocks; b++)
            inputs.Add(GraphNames.FeatureRows(b), wanted[b].Length == 0 ? [0L] : wanted[b], Math.Max(1, wanted[b].Length));
        return inputs;
    }

    /// <summary>Per block the rows whose features are wanted.</summary>
    private static long[][] Wanted(UnetRow[] rows) =>
        [
            .. Enumerable
                .Range(0, Blocks)
                .Select(b => Enumerable.Range(0, rows.Length).Where(r => rows[r].Owes.Contains(b)).Select(r => (long)r).ToArray()),
        ];

    private static float[] Slice((long[] Shape, float[] Values) tensor, int row)
    {
        int length = tensor.Values.Length / (int)tensor.Shape[0];
        return tensor.Values.AsSpan(row * length, length).ToArray();
    }

    private static float[] Weights(int prompt)
    {
        var weights = new float[2 * GraphInputs.ContextLength];
        for (int i = 0; i < GraphInputs.ContextLength; i++)
            weights[2 * i + 1] = i is >= 1 and < 30 ? 1 : 0;
        weights[2 * (5 + prompt)] = weights[2 * (6 + prompt)] = 0.5f;
        return weights;
    }
}
