using System.Runtime.CompilerServices;
using ClipFusion.OnnxInference.Providers;

namespace ClipFusion.TestSupport;

/// <summary>Tests and benchmarks that open ONNX Runtime themselves ask no other machine either.</summary>
internal static class NoTelemetry
{
    [ModuleInitializer]
    internal static void TurnOff() => OnnxRuntimeTelemetry.TurnOff();
}
