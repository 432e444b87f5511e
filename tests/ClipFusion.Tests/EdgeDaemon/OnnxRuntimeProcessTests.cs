using System.Diagnostics;
using ClipFusion.EdgeDaemon.CommandLine;
using ClipFusion.TestSupport;
using ClipFusion.Tests.Inspection.Networks;

namespace ClipFusion.Tests.EdgeDaemon;

/// <summary>The real program with an ONNX Runtime that lies somewhere else: a library can be taken only once in a process.</summary>
public sealed class OnnxRuntimeProcessTests(TinyPack tiny) : IClassFixture<TinyPack>
{
    [Fact]
    public async Task Verify_WithALibraryThatWasNamed_RunsOnThatOne()
    {
        string library = Path.Combine(tiny.Scratch(), "libonnxruntime.so");
        File.Copy(OnnxRuntimeLibraryTests.Own, library);
        ProcessStartInfo start = DefaultSignals.Start(Path.Combine(AppContext.BaseDirectory, "clipfusion"), ["models", "verify", tiny.Folder, "--onnx-runtime", library, "--provider", "cpu"]);
        // The loader itself says what it loads.
        start.Environment["LD_DEBUG"] = "files";
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == ExitCode.Clean, await output);
        Assert.Contains("good latent", await output, StringComparison.Ordinal);
        string[] loaded = [.. (await error).Split('\n').Where(l => l.Contains("libonnxruntime.so", StringComparison.Ordinal) && l.Contains("dynamically loaded by", StringComparison.Ordinal)).Select(l => l.Split("file=")[1].Split(' ')[0]).Distinct()];
        Assert.Equal([library], loaded);
    }
}
