using BenchmarkDotNet.Running;
using ClipFusion.Benchmarks;

if (args is ["resampling"]) return ResamplingBenchmark.Run();

if (args is ["bank", ..]) { ClipFusion.Benchmarks.MemoryBankBenchmark.Run(); return; }
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
return 0;
