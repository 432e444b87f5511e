using System.Diagnostics;
using ClipFusion.Cli;
using ClipFusion.Tests.OnnxInference;

namespace ClipFusion.Tests.Cli;

/// <summary>The real program with an ONNX Runtime that lies somewhere else: a library can be taken only once in a process.</summary>
[Trait("speed", "slow")]
public sealed class OnnxRuntimeProcessTests(TinyPack tiny) : IClassFixture<TinyPack>
{
    [Fact]
    public async Task Verify_WithALibraryThatWasNamed_RunsOnThatOne()
    {
        string library = Path.Combine(tiny.Scratch(), "libonnxruntime.so");
        File.Copy(OnnxRuntimeLibraryTests.Own, library);
        ProcessStartInfo start = DefaultSignals.Start(
            Programs.ClipFusion,
            ["models", "verify", tiny.Folder, "--onnx-runtime", library, "--provider", "cpu"]
        );
        // The loader itself says what it loads.
        start.Environment["LD_DEBUG"] = "files";
        (int code, string output, string error) = await Programs.RunAsync(start, default, TestContext.Current.CancellationToken);
        Assert.True(code == ExitCode.Clean, output);
        Assert.Contains("good latent", output, StringComparison.Ordinal);
        string[] loaded =
        [
            .. error
                .Split('\n')
                .Where(l =>
                    l.Contains("libonnxruntime.so", StringComparison.Ordinal)
                    && l.Contains("dynamically loaded by", StringComparison.Ordinal)
                )
                .Select(l => l.Split("file=")[1].Split(' ')[0])
                .Distinct(),
        ];
        Assert.Equal([library], loaded);
    }
}
