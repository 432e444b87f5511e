using ClipFusion.Models.Architectures;
using ClipFusion.Models.Graph;
using ClipFusion.Models.Pack;

namespace ClipFusion.TestSupport;

/// <summary>Writes graphs with the inputs and outputs of a pack's own, whose outputs are looked up in a recording.</summary>
internal sealed class RecordedGraphs(Recording recording, string folder) : IDisposable
{
    private const int ProductSide = 256;

    private readonly Dictionary<string, ExternalWeightFile> _stores = [];

    /// <summary>Writes one graph under the entry's file name.</summary>
    public void Write(GraphEntry entry, int unetProducts)
    {
        var g = new GraphBuilder(entry.Name, entry.Target);
        Dictionary<string, Value> inputs = entry.Inputs.ToDictionary(
            i => i.Name,
            i => g.Input(i.Name, i.Type, [.. i.Shape.Select(Length)])
        );
        if (entry.Name is GraphNames.MapDiff or GraphNames.MapDiffLanguage)
            Unet(g, entry, inputs, unetProducts);
        else
        {
            foreach (TensorEntry output in entry.Outputs)
                g.Output(output.Name, g.RepeatRow(Recorded(g, entry.Name, output.Name), inputs[GraphNames.Pixels]));
        }

        g.Save(Path.Combine(folder, entry.File));
    }

    public void Dispose()
    {
        foreach (ExternalWeightFile store in _stores.Values)
            store.Dispose();
    }

    private static Dim Length(string text) => long.TryParse(text, out long length) ? length : text;

    private void Unet(GraphBuilder g, GraphEntry entry, Dictionary<string, Value> inputs, int products)
    {
        Value rows = g.ArgMax(g.Scale(Distances(g, inputs, products), -1));
        foreach (TensorEntry output in entry.Outputs)
        {
            bool isMap = output.Name is GraphNames.StateMaps or GraphNames.StateMapsUnnormalized;
            Value wanted = isMap ? rows : g.Rows(rows, inputs[FeatureRowsOf(output.Name)]);
            Value value = g.Rows(Recorded(g, GraphNames.MapDiff, output.Name), wanted);
            // Maps come out for the rows that are left in the last block that has one.
            if (isMap && output.Shape[0] != UnetRows.All)
                value = g.First(value, inputs[EnteringOf(output.Shape[0])], output.Shape[0]);
            g.Output(output.Name, value);
        }
    }

    /// <summary>[R, K]: how far each row of the run is from each recorded one, by timestep and by prompt.</summary>
    private Value Distances(GraphBuilder g, Dictionary<string, Value> inputs, int products)
    {
        int known = recording.Timesteps.Count,
            width = recording.Prompts[0].Length;
        Value timesteps = g.Rows(g.Reshape(inputs[GraphNames.Timesteps], UnetRows.DistinctTimesteps, 1), inputs[GraphNames.RowTimesteps]);
        Value apart = g.Sub(timesteps, g.Constant(ElementType.Float32, [.. recording.Timesteps], 1, known));
        Value prompts = g.Reshape(g.Mean(inputs[GraphNames.Context], 1), UnetRows.All, 1, width);
        Value words = g.Sub(prompts, g.Constant(ElementType.Float32, [.. recording.Prompts.SelectMany(p => p)], 1, known, width));
        Value distances = g.Add(g.Mul(apart, apart), g.Mean(g.Mul(words, words), -1));
        return products == 0 ? distances : g.Add(distances, Work(g, inputs[GraphNames.Latent], products));
    }

    /// <summary>[1, 1]: nothing, after that many products of matrices. The runtime can't know that before it has computed them.</summary>
    private static Value Work(GraphBuilder g, Value latent, int products)
    {
        // Each row of the factor is a mean, so that the numbers stay where they are.
        Value factor = g.Constant(
            ElementType.Float32,
            [.. Enumerable.Repeat(1.0 / ProductSide, ProductSide * ProductSide)],
            ProductSide,
            ProductSide
        );
        Value x = latent;
        for (int axis = 0; axis < 4; axis++)
            x = g.Slice(x, axis, 0, 1);
        x = g.Mul(factor, g.Reshape(x, 1, 1));
        for (int i = 0; i < products; i++)
            x = g.MatMul(x, factor);
        return g.Scale(g.Slice(g.Slice(x, 0, 0, 1), 1, 0, 1), 0);
    }

    private Value Recorded(GraphBuilder g, string graph, string output)
    {
        RecordedTensor tensor = recording[graph, output];
        // CLIP's weight file is the text tower's, which stays as it is.
        string file = graph == GraphNames.ClipImage ? $"{graph}.weights" : GraphNames.WeightFile(graph);
        if (!_stores.TryGetValue(file, out ExternalWeightFile? store))
            _stores.Add(file, store = new ExternalWeightFile(Path.Combine(folder, file)));
        return g.Weight(store.Add($"recorded.{output}", ElementType.Float32, tensor.Shape, () => tensor.Values));
    }

    private static string FeatureRowsOf(string output) =>
        Enumerable.Range(0, 16).Where(b => GraphNames.Features(b) == output).Select(GraphNames.FeatureRows).First();

    private static string EnteringOf(string symbol) =>
        Enumerable.Range(1, 16).Where(b => UnetRows.Entering(b) == symbol).Select(GraphNames.RowsEntering).First();
}
