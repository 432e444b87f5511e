using BenchmarkDotNet.Running;
using ClipFusion.Benchmarks;
using ClipFusion.Benchmarks.FullSize;

switch (args.FirstOrDefault())
{
    case "resampling":
        ResamplingBenchmark.Run();
        break;
    case "bank":
        MemoryBankBenchmark.Run(args);
        break;
    case "bank-share":
        BankShareBenchmark.Run(args);
        break;
    case "padim":
        return PadimBenchmark.Run();
    case "aupro":
        AuproBenchmark.Run();
        break;
    case "commit":
        await CommitBenchmark.RunAsync(args);
        break;
    case "appliance":
        await ApplianceBenchmark.RunAsync(args);
        break;
    case "http-share":
        return await HttpShareBenchmark.RunAsync(args);
    case "http-load":
        await HttpLoad.RunAsync(args);
        break;
    case "fullsize":
        FullSizeBenchmark.Run(args);
        break;
    case "fullsize-step":
        FullSizeBenchmark.RunStep(args);
        break;
    case "demo":
        await DemoMaterials.RunAsync(args);
        break;
    default:
        BenchmarkSwitcher.FromAssembly(typeof(CommitBenchmark).Assembly).Run(args);
        break;
}

return 0;
