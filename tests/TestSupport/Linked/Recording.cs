using ClipFusion.Imaging;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;
using ClipFusion.OnnxInference.Sessions;
using Microsoft.ML.OnnxRuntime;

namespace ClipFusion.TestSupport;

/// <summary>A tensor of one run.</summary>
/// <param name="Shape">Lengths, outermost first.</param>
/// <param name="Values">Elements in row-major order.</param>
internal sealed record RecordedTensor(long[] Shape, float[] Values);

/// <summary>What a pack's image networks gave for one picture.</summary>
/// <remarks>
/// A query and a reference image run the UNet with different rows. A row's results depend on its prompt and timestep alone, not on the rows
/// beside it, so every row of both passes is recorded once, all the way through, and found again by its prompt and timestep.
/// </remarks>
internal sealed class Recording : IDisposable
{
    private readonly Dictionary<(string Graph, string Output), RecordedTensor> _tensors = [];

    /// <summary>Timestep of each UNet row [K].</summary>
    public List<double> Timesteps { get; } = [];

    /// <summary>Mean of each UNet row's context over its tokens [K][D]: tells prompts apart.</summary>
    public List<double[]> Prompts { get; } = [];

    /// <summary>An output of a graph; the UNet's have one element per row along axis 0.</summary>
    public RecordedTensor this[string graph, string output] => _tensors[(graph, output)];

    /// <summary>Runs the networks.</summary>
    public static Recording Of(ModelPack pack, ImageView picture, Recipe recipe)
    {
        var recording = new Recording();
        var prepared = new PreparedImage();
        new Preparation(pack.Manifest, recipe, new PillowResampler()).Run(picture, clip: true, diffusion: true, prepared);
        recording.Record(pack, GraphNames.ClipImage, Pixels(prepared.Clip, pack.Manifest.RequireClip().ImageSize)).Dispose();
        using NetworkOutputs latent = recording.Record(
            pack,
            GraphNames.VaeEncoder,
            Pixels(prepared.Diffusion, pack.Manifest.RequireDiffusion().ImageSize)
        );

        TextPrompts prompts = TextPrompts.Create(pack, recipe, CancellationToken.None);
        using DiffusionPlan query = DiffusionPlan.ForQuery(
            pack.Manifest.RequireDiffusion(),
            prompts,
            recipe,
            features: true,
            fullGraph: true
        );
        using DiffusionPlan reference = DiffusionPlan.ForReference(pack.Manifest.RequireDiffusion(), prompts, recipe);
        foreach (DiffusionPlan plan in (DiffusionPlan[])[query, reference])
            recording.RecordRows(pack, plan, latent[GraphNames.Latent]);
        return recording;
    }

    public void Dispose() => _tensors.Clear();

    private static Dictionary<string, OrtValue> Pixels(byte[] pixels, int size) =>
        new() { [GraphNames.Pixels] = OrtValue.CreateTensorValueFromMemory(pixels, [1, size, size, 3]) };

    private NetworkOutputs Record(ModelPack pack, string graph, Dictionary<string, OrtValue> inputs)
    {
        string[] names = [.. pack.Manifest.Graphs.First(g => g.Name == graph && !g.Debug).Outputs.Select(o => o.Name)];
        NetworkOutputs outputs = pack.Session(graph).Run(inputs, names, CancellationToken.None);
        foreach (string name in names)
            Append(graph, name, outputs.Shape(name), outputs.Floats(name));
        foreach (OrtValue input in inputs.Values)
            input.Dispose();
        return outputs;
    }

    private void RecordRows(ModelPack pack, DiffusionPlan plan, OrtValue latent)
    {
        int rows = plan.RowCount,
            blocks = pack.Manifest.RequireDiffusion().Decoder.Count;
        var own = new Dictionary<string, OrtValue>();
        for (int b = 1; b < blocks; b++)
            own[GraphNames.RowsEntering(b)] = Int64s([rows]);
        own[GraphNames.RowsAfterMaps] = Int64s([rows]);
        for (int b = 0; b < blocks; b++)
            own[GraphNames.FeatureRows(b)] = Int64s([.. Enumerable.Range(0, rows).Select(r => (long)r)]);
        try
        {
            var inputs = new Dictionary<string, OrtValue>(plan.Inputs) { [GraphNames.Latent] = latent };
            foreach ((string name, OrtValue all) in own)
                inputs[name] = all;
            string[] names =
            [
                GraphNames.StateMaps,
                GraphNames.StateMapsUnnormalized,
                .. Enumerable.Range(0, blocks).Select(GraphNames.Features),
            ];
            using NetworkOutputs outputs = pack.Session(GraphNames.MapDiff).Run(inputs, names, CancellationToken.None);
            foreach (string name in names)
                Append(GraphNames.MapDiff, name, outputs.Shape(name), outputs.Floats(name));
        }
        finally
        {
            foreach (OrtValue value in own.Values)
                value.Dispose();
        }

        ReadOnlySpan<float> timesteps = plan.Inputs[GraphNames.Timesteps].GetTensorDataAsSpan<float>(),
            contexts = plan.Inputs[GraphNames.Context].GetTensorDataAsSpan<float>();
        int width = pack.Manifest.RequireDiffusion().ContextWidth,
            tokens = pack.Manifest.RequireDiffusion().ContextLength;
        foreach (long index in plan.Inputs[GraphNames.RowTimesteps].GetTensorDataAsSpan<long>())
            Timesteps.Add(timesteps[(int)index]);
        for (int row = 0; row < rows; row++)
        {
            var mean = new double[width];
            for (int i = 0; i < tokens * width; i++)
                mean[i % width] += contexts[row * tokens * width + i] / (double)tokens;
            Prompts.Add(mean);
        }
    }

    private void Append(string graph, string output, long[] shape, ReadOnlySpan<float> values)
    {
        RecordedTensor? before = _tensors.GetValueOrDefault((graph, output));
        _tensors[(graph, output)] = before is null
            ? new RecordedTensor(shape, values.ToArray())
            : new RecordedTensor([before.Shape[0] + shape[0], .. shape.Skip(1)], [.. before.Values, .. values]);
    }

    private static OrtValue Int64s(long[] values) => OrtValue.CreateTensorValueFromMemory(values, [values.Length]);
}
