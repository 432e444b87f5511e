using System.Collections;
using ClipFusion.Imaging;
using ClipFusion.Models.Weights;
using ClipFusion.OnnxInference.Sessions;
using Microsoft.ML.OnnxRuntime;

namespace ClipFusion.Evaluation.Methods;

/// <summary>Outputs of the networks for one picture, read from or on their way to a file.</summary>
/// <param name="Tensors">The outputs; disposed with this.</param>
/// <param name="Covered">The part of the picture that the networks saw.</param>
internal sealed record StoredOutputs(NetworkOutputs Tensors, Region Covered) : IDisposable
{
    private const string CoveredKey = "covered";

    public static StoredOutputs Read(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        string[] names = [.. file.Tensors.Keys.Order(StringComparer.Ordinal)];
        int[] covered = [.. file.Metadata[CoveredKey].Split(',').Select(int.Parse)];
        var values = new Values([
            .. names.Select(n => OrtValue.CreateTensorValueFromMemory(file.ReadFloats(n), [.. file.Tensors[n].Shape])),
        ]);
        return new StoredOutputs(new NetworkOutputs(names, values), new Region(covered[0], covered[1], covered[2], covered[3]));
    }

    public static void Write(string path, NetworkOutputs outputs, IEnumerable<string> names, Region covered) =>
        SafetensorsWriter.Write(
            path,
            [.. names.Order(StringComparer.Ordinal).Select(n => SafetensorsEntry.Of(n, outputs.Floats(n).ToArray(), outputs.Shape(n)))],
            new Dictionary<string, string> { [CoveredKey] = $"{covered.X},{covered.Y},{covered.Width},{covered.Height}" }
        );

    public void Dispose() => Tensors.Dispose();

    private sealed class Values(OrtValue[] values) : IDisposableReadOnlyCollection<OrtValue>
    {
        public int Count => values.Length;

        public OrtValue this[int index] => values[index];

        public IEnumerator<OrtValue> GetEnumerator() => values.AsEnumerable().GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        public void Dispose() => Array.ForEach(values, v => v.Dispose());
    }
}
