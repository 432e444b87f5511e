using Microsoft.ML.OnnxRuntime;

namespace ClipFusion.Inspection.Networks;

/// <summary>How networks run on the CPU.</summary>
/// <param name="Threads">Threads of one operator; 0 = one per core.</param>
/// <param name="Prepack">
/// Whether weights are rearranged for the matrix kernels: faster products, but every weight is copied. Off, the weight file is mapped and
/// nothing is copied, which is what makes the full-size networks fit a small box.
/// </param>
public sealed record SessionSettings(int Threads = 0, bool Prepack = true)
{
    internal SessionOptions ToSessionOptions()
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
        if (Prepack) return options;
        options.AddSessionConfigEntry("session.disable_prepacking", "1");
        options.AddSessionConfigEntry("session.use_external_initializer_file_buffers_directly", "1");
        return options;
    }
}
