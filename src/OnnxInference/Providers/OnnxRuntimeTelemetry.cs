using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using ClipFusion.Foundation;

namespace ClipFusion.OnnxInference.Providers;

/// <summary>
/// Keeps ONNX Runtime to itself. Since 1.27 its Linux build asks for a host of Microsoft and leaves files below <c>~/.cache</c>,
/// unless <c>ORT_DISABLE_TELEMETRY=1</c> is in
/// the C library's environment when it is loaded, which <see cref="Environment.SetEnvironmentVariable(string, string)"/> does not reach.
/// </summary>
public static class OnnxRuntimeTelemetry
{
    private const string Variable = "ORT_DISABLE_TELEMETRY";

    /// <summary>
    /// Turns it off for this process; has to come before the library is loaded. It comes by itself before anything of this
    /// assembly runs.
    /// </summary>
    /// <exception cref="InvalidOperationException">The environment can't be changed.</exception>
    [ModuleInitializer]
    [SuppressMessage(
        "Usage",
        "CA2255",
        Justification = "Whoever uses this assembly may load the library, and there is no other place before all of it."
    )]
    public static void TurnOff()
    {
        if (OperatingSystem.IsWindows())
            return;
        if (Libc.SetEnvironment(Variable, "1", 1) != 0)
            throw new InvalidOperationException($"{Variable} can't be set: ONNX Runtime would ask other machines");
        // For children, which .NET gives its own copy.
        Environment.SetEnvironmentVariable(Variable, "1");
    }
}
