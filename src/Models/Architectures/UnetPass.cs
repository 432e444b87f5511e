using ClipFusion.Models.Checkpoints;
using ClipFusion.Models.Graph;

namespace ClipFusion.Models.Architectures;

/// <summary>What a cross-attention's probabilities are for.</summary>
internal enum MapUse
{
    /// <summary>Only for its own output; the attention may be fused.</summary>
    None,

    /// <summary>Also for the language map.</summary>
    Take,

    /// <summary>As <see cref="Take"/>, and no later layer has one: rows that owe nothing else leave here.</summary>
    TakeLast,
}

/// <summary>The rows of one UNet pass on their way: which are left, at which timestep, under which prompt, and the maps taken so
/// far.</summary>
internal sealed class UnetPass(NetworkContext context, UnetConfig config, UnetRows rows)
{
    private readonly List<Unet.LayerMap> _maps = [];
    private readonly Dictionary<(Value, string), Value> _prefixes = [];
    private Value? _time;
    private Value? _rowTime;
    private string _symbol = UnetRows.All;
    private Value? _count;

    public GraphBuilder Graph => context.Graph;

    public IReadOnlyList<Unet.LayerMap> Maps => _maps;

    /// <summary>Whether nothing more is wanted of any row.</summary>
    public bool Stopped { get; private set; }

    /// <summary>Sinusoidal embedding of the timesteps and its two layers; silu'd, as every resnet takes it.</summary>
    public void Embed(Module m)
    {
        using GraphScope scope = m.Enter();
        int channels = config.BlockOutChannels[0],
            half = channels / 2,
            width = 4 * channels;
        double[] frequencies = [.. Enumerable.Range(0, half).Select(i => Math.Exp(-Math.Log(10000) * i / (half - config.FreqShift)))];
        Value angles = Graph.Mul(
            Graph.Reshape(rows.Timesteps, UnetRows.DistinctTimesteps, 1),
            Graph.Constant(ElementType.Float32, frequencies, 1, half)
        );
        (Value sin, Value cos) = (Graph.Sin(angles), Graph.Cos(angles));
        Value embedding = config.FlipSinToCos ? Graph.Concat(1, cos, sin) : Graph.Concat(1, sin, cos);
        embedding = m["linear_2"].Linear(Graph.Silu(m["linear_1"].Linear(embedding, width)), width);
        _time = Graph.Silu(embedding);
    }

    /// <summary>The time embedding for the rows of <paramref name="x"/>.</summary>
    public Value TimeFor(Value x) => IsSplit(x) ? Prefix(_rowTime ??= Graph.Rows(_time!, rows.RowTimesteps)) : _time!;

    /// <summary>Lets the rows that owe nothing from <paramref name="block"/> on leave.</summary>
    public Value Enter(int block, Value x)
    {
        if (block == 0 || rows.RowsAfterMaps is null)
            return x;
        (_symbol, _count) = (UnetRows.Entering(block), rows.RowsEntering[block - 1]);
        return Prefix(x);
    }

    /// <summary>A skip connection for the rows of <paramref name="x"/>.</summary>
    public Value ForRows(Value skip, Value x)
    {
        if (skip[0] == x[0])
            return skip;
        if (skip[0] == UnetRows.DistinctTimesteps)
            return Graph.Rows(skip, Prefix(rows.RowTimesteps));
        return skip[0] == 1 ? Graph.RepeatRow(skip, x) : Prefix(skip);
    }

    /// <summary>From the first cross-attention on there is a row for each prompt.</summary>
    public (Value Hidden, Value Residual) SplitByPrompt(Value hidden, Value residual) =>
        IsSplit(hidden) ? (hidden, residual) : (Graph.Rows(hidden, rows.RowTimesteps), Graph.Rows(residual, rows.RowTimesteps));

    /// <summary>Cross-attention to the prompts, taking the map where one is wanted.</summary>
    /// <returns>[rows, H W, C]; null where the pass stops.</returns>
    public Value? CrossAttention(Module m, Value x, int heads, MapUse use, int height, int width)
    {
        using GraphScope scope = m.Enter();
        int channels = x.Fixed(-1);
        Value prompts = Prefix(rows.Context);
        Value Out(Value attended) => m["to_out"][0].Linear(attended, channels);
        if (use == MapUse.None)
        {
            Value[] kv = m.LinearTogether(prompts, channels, "to_k", "to_v");
            return Out(Graph.Attention(m["to_q"].Linear(x, channels, bias: false), kv[0], kv[1], heads));
        }

        bool stops = use == MapUse.TakeLast && rows.RowsAfterMaps is null;
        // A map is compared in absolute terms, so its queries and keys are float32 in every pack: three hundredths of a pass's work.
        Value q = m.Wide["to_q"].Linear(x, channels, bias: false),
            k = m.Wide["to_k"].Linear(prompts, channels, bias: false);
        Value probabilities = Graph.AttentionProbabilities(q, k, heads);
        Value weights = Prefix(rows.TokenWeights);
        Value sums = Graph.Mean(Graph.MatMul(probabilities, Graph.Reshape(weights, weights[0], 1, weights[1], 2)), 1);
        _maps.Add(new Unet.LayerMap(m.Path, sums, height, width));
        if (stops)
        {
            Stopped = true;
            return null;
        }

        if (use == MapUse.TakeLast)
        {
            (_symbol, _count) = (UnetRows.AfterMaps, rows.RowsAfterMaps!);
            probabilities = Prefix(probabilities);
            prompts = Prefix(rows.Context);
        }

        Value v = m["to_v"].Linear(prompts, channels, bias: false);
        return Out(Graph.MergeHeads(Graph.WeightedValues(probabilities, v, heads)));
    }

    /// <summary>The rows of <paramref name="x"/> that <paramref name="like"/> still has.</summary>
    public Value SameRows(Value x, Value like) => x[0] == like[0] ? x : Prefix(x);

    private static bool IsSplit(Value x) => x[0] != 1 && x[0] != UnetRows.DistinctTimesteps;

    private Value Prefix(Value x)
    {
        if (_count is null || x[0] == _symbol)
            return x;
        if (_prefixes.TryGetValue((x, _symbol), out Value? known))
            return known;
        return _prefixes[(x, _symbol)] = Graph.First(x, _count, _symbol);
    }
}
