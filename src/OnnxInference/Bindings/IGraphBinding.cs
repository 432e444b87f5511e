using Microsoft.ML.OnnxRuntime;

namespace ClipFusion.OnnxInference.Bindings;

/// <summary>How the runs of a session get at their inputs and outputs. Runs may overlap.</summary>
internal interface IGraphBinding : IDisposable
{
    /// <summary>Runs the graph.</summary>
    /// <param name="options">Of this run; ends it from outside.</param>
    /// <param name="inputs">Every input by name; borrowed.</param>
    /// <param name="outputs">The outputs that are wanted.</param>
    /// <param name="staysOnDevice">Which of them stay in the memory of what ran them; null for none. The others are copied down.</param>
    /// <returns>The outputs in the order that was asked for, owned by the caller; no later run writes to them. To be disposed before the
    /// binding is.</returns>
    /// <exception cref="OnnxRuntimeException">The runtime failed, or the run was ended.</exception>
    /// <exception cref="NetworkException">A copy failed.</exception>
    IReadOnlyCollection<OrtValue> Run(
        RunOptions options,
        IReadOnlyDictionary<string, OrtValue> inputs,
        IReadOnlyCollection<string> outputs,
        Predicate<string>? staysOnDevice
    );
}
