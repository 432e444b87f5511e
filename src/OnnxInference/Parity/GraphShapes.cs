using ClipFusion.Models.Pack;
using Microsoft.ML.OnnxRuntime;

namespace ClipFusion.OnnxInference.Parity;

/// <summary>Runs a graph once to see what it gives (<see cref="GraphMeasure"/>).</summary>
public static class GraphShapes
{
    /// <summary>Shows the probe picture to a graph, on the CPU.</summary>
    /// <inheritdoc cref="GraphMeasure"/>
    public static IReadOnlyList<long[]> Measure(string file, int size, IReadOnlyList<string> outputs, CancellationToken cancellation)
    {
        try
        {
            using SessionOptions settings = new SessionSettings().ToSessionOptions(0);
            using var session = new InferenceSession(file, settings);
            using ProbeInputs picture = ProbeInputs.Picture(GraphNames.Pixels, size, other: false);
            using var run = new RunOptions();
            using CancellationTokenRegistration stop = cancellation.Register(() => run.Terminate = true);
            using IDisposableReadOnlyCollection<OrtValue> results = session.Run(run, picture.Values, outputs);
            return [.. results.Select(r => r.GetTensorTypeAndShape().Shape)];
        }
        catch (OnnxRuntimeException e)
        {
            cancellation.ThrowIfCancellationRequested();
            throw new PackException($"ONNX Runtime can't run it: {e.Message}", e);
        }
    }
}
