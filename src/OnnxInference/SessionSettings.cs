using Microsoft.ML.OnnxRuntime;

namespace ClipFusion.OnnxInference;

/// <summary>How networks run on the CPU.</summary>
/// <param name="Threads">Threads of one operator; 0 = one per core.</param>
/// <param name="Prepack">
/// Whether weights are rearranged for the matrix kernels, which copies every weight. Off, the weight files are mapped and nothing is
/// copied, which makes the full-size networks load at once and fit a small box at the same speed; small networks, whose products are small,
/// are faster with it. Null decides by the size of the graph's weights.
/// </param>
public sealed record SessionSettings(int Threads = 0, bool? Prepack = null)
{
    private const long PrepackBelowBytes = 256L << 20;

    internal SessionOptions ToSessionOptions(long weightBytes)
    {
        var options = new SessionOptions
        {
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
            IntraOpNumThreads = Threads,
        };
        // Spinning threads starve whatever else the box runs between two inspections.
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        if (Prepack ?? weightBytes < PrepackBelowBytes)
            return options;
        options.AddSessionConfigEntry("session.disable_prepacking", "1");
        options.AddSessionConfigEntry("session.use_external_initializer_file_buffers_directly", "1");
        return options;
    }
}
