using ClipFusion.Cli;
using ClipFusion.Foundation;
using ClipFusion.OnnxInference.Providers;

// Before anything else, whatever the verb.
OnnxRuntimeTelemetry.TurnOff();
int code = await CommandLineApp.RunAsync(args, Terminal.System, CancellationToken.None);

// A stop does not wait for what can't be interrupted, such as a network that is being opened. The destructors of ONNX Runtime must not run
// under that thread: it would end in a segmentation fault, and a clean stop with 139.
if (OperatingSystem.IsLinux())
{
    await Console.Out.FlushAsync();
    await Console.Error.FlushAsync();
    Libc.Exit(code);
}

return code;
