using BenchmarkDotNet.Running;

if (args is ["bank", ..]) { ClipFusion.Benchmarks.MemoryBankBenchmark.Run(); return; }
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
