using ClipFusion.EdgeDaemon.CommandLine;

return await CommandLineApp.RunAsync(args, Terminal.System, CancellationToken.None);
