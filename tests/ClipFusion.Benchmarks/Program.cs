using BenchmarkDotNet.Running;
using ClipFusion.Benchmarks;

if (args is ["resampling"]) return ResamplingBenchmark.Run();

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
return 0;
