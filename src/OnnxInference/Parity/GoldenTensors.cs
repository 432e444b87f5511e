using ClipFusion.Models.Pack;
using ClipFusion.Models.Weights;

namespace ClipFusion.OnnxInference.Parity;

/// <summary>Outputs of a pack's graphs for the probe picture, as the CPU computed them when the pack was built:
/// <c>goldens.safetensors</c>.</summary>
public sealed class GoldenTensors
{
    private readonly Dictionary<(string Graph, string Output), (long[] Shape, float[] Values)> _tensors = [];

    /// <summary>Names of a graph's outputs that there are.</summary>
    public string[] OutputsOf(string graph) =>
        [.. _tensors.Keys.Where(k => k.Graph == graph).Select(k => k.Output).Order(StringComparer.Ordinal)];

    /// <summary>An output's elements in row-major order.</summary>
    /// <exception cref="PackException">There is none of the name.</exception>
    public ReadOnlySpan<float> Values(string graph, string output) => Find(graph, output).Values;

    /// <summary>An output's shape.</summary>
    /// <exception cref="PackException">There is none of the name.</exception>
    public long[] Shape(string graph, string output) => Find(graph, output).Shape;

    /// <summary>Adds an output.</summary>
    public void Add(string graph, string output, long[] shape, float[] values) => _tensors.Add((graph, output), (shape, values));

    /// <summary>Writes all of them.</summary>
    public void Write(string path) =>
        SafetensorsWriter.Write(
            path,
            [
                .. _tensors
                    .OrderBy(t => t.Key)
                    .Select(t => SafetensorsEntry.Of($"{t.Key.Graph}/{t.Key.Output}", t.Value.Values, t.Value.Shape)),
            ]
        );

    /// <summary>Reads a pack's.</summary>
    /// <param name="folder">The pack's folder.</param>
    /// <exception cref="PackException">The file is not readable.</exception>
    public static GoldenTensors Read(string folder)
    {
        string path = Path.Combine(folder, GraphNames.Goldens);
        try
        {
            using SafetensorsFile file = SafetensorsFile.Open(path);
            var goldens = new GoldenTensors();
            foreach ((string name, TensorInfo info) in file.Tensors)
            {
                string[] parts = name.Split('/');
                if (parts.Length != 2)
                    throw new PackException($"{path}: tensor '{name}': graph/output is expected");
                goldens.Add(parts[0], parts[1], [.. info.Shape], file.ReadFloats(name));
            }

            return goldens;
        }
        catch (WeightException e)
        {
            throw new PackException(e.Message, e);
        }
    }

    private (long[] Shape, float[] Values) Find(string graph, string output) =>
        _tensors.TryGetValue((graph, output), out var found)
            ? found
            : throw new PackException($"{GraphNames.Goldens} has no '{graph}/{output}'; build the pack again");
}
