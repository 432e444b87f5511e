using BenchmarkDotNet.Running;
using ClipFusion.Benchmarks;

switch (args.FirstOrDefault())
{
    case "resampling":
        ResamplingBenchmark.Run();
        break;
    case "bank":
        MemoryBankBenchmark.Run();
        break;
    default:
        BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
        break;
}
