using ClipFusion.Cli;
using ClipFusion.OnnxInference.Providers;

// Before anything else, whatever the verb.
OnnxRuntimeTelemetry.TurnOff();
return await CommandLineApp.RunAsync(args, Terminal.System, CancellationToken.None);
