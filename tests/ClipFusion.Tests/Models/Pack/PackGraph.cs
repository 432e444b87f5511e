using Microsoft.ML.OnnxRuntime;
using Onnx;

namespace ClipFusion.Tests.Models.Pack;

/// <summary>One graph file of a pack, for looking into it and for running it without the method around it.</summary>
internal sealed class PackGraph : IDisposable
{
    private readonly InferenceSession _session;

    public PackGraph(string path)
    {
        using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR, IntraOpNumThreads = 1 };
        _session = new InferenceSession(path, options);
    }

    public static ModelProto Parse(string path) => ModelProto.Parser.ParseFrom(File.ReadAllBytes(path));

    /// <summary>Runs the graph; every output by name.</summary>
    public Dictionary<string, (long[] Shape, float[] Values)> Run(IReadOnlyDictionary<string, OrtValue> inputs)
    {
        using var options = new RunOptions();
        using IDisposableReadOnlyCollection<OrtValue> outputs = _session.Run(options, inputs, _session.OutputNames);
        return _session
            .OutputNames.Zip(outputs)
            .ToDictionary(
                p => p.First,
                p => (p.Second.GetTensorTypeAndShape().Shape, p.Second.GetTensorDataAsSpan<float>().ToArray()),
                StringComparer.Ordinal
            );
    }

    public void Dispose() => _session.Dispose();
}
