using ClipFusion.Models.Graph;

namespace ClipFusion.Models.Pack;

/// <summary>Which graph of several for the same network.</summary>
internal enum GraphForm
{
    /// <summary>The one that is run, where runtimes have one each.</summary>
    Running,

    /// <summary>The one that is run, the same for all runtimes.</summary>
    Common,

    /// <summary>With raw tensors.</summary>
    Debug,
}

/// <summary>The graph files of a pack that is being built.</summary>
/// <param name="folder">The folder that they are written to.</param>
/// <param name="progress">Told each file; null for silence.</param>
/// <param name="cancellation">Checked before each file.</param>
internal sealed class PackGraphs(string folder, IProgress<string>? progress, CancellationToken cancellation)
{
    private readonly List<GraphEntry> _entries = [];

    public string Folder => folder;

    public IReadOnlyList<GraphEntry> Entries => _entries;

    public CancellationToken Cancellation => cancellation;

    /// <summary>Writes a network as a graph of ours.</summary>
    public void Write(string name, GraphTarget target, GraphForm form, GraphOrigin origin, Action<GraphBuilder> write)
    {
        string file = Start(name, target, form);
        var graph = new GraphBuilder(name, target);
        write(graph);
        graph.Save(Path.Combine(folder, file), origin);
        Add(name, target, form, file, graph.Inputs, graph.Outputs);
    }

    /// <summary>Writes a graph that is made elsewhere: the path of its file in, its inputs and outputs out.</summary>
    public void Write(string name, GraphForm form, Func<string, (IReadOnlyList<Value> Inputs, IReadOnlyList<Value> Outputs)> write)
    {
        GraphTarget target = form == GraphForm.Common ? GraphTarget.TensorRt : GraphTarget.OnnxRuntime;
        string file = Start(name, target, form);
        (IReadOnlyList<Value> inputs, IReadOnlyList<Value> outputs) = write(Path.Combine(folder, file));
        Add(name, target, form, file, inputs, outputs);
    }

    private string Start(string name, GraphTarget target, GraphForm form)
    {
        cancellation.ThrowIfCancellationRequested();
        string file = (form, target) switch
        {
            (GraphForm.Debug, _) => $"{name}.debug.onnx",
            (GraphForm.Running, GraphTarget.TensorRt) => $"{name}.tensorrt.onnx",
            _ => $"{name}.onnx",
        };
        progress?.Report($"writing {file}");
        return file;
    }

    private void Add(
        string name,
        GraphTarget target,
        GraphForm form,
        string file,
        IReadOnlyList<Value> inputs,
        IReadOnlyList<Value> outputs
    ) => _entries.Add(new GraphEntry(name, target, form == GraphForm.Debug, file, [.. inputs.Select(Entry)], [.. outputs.Select(Entry)]));

    private static TensorEntry Entry(Value v) => new(v.Name, v.Type, [.. v.Shape.Select(d => d.ToString())]);
}
