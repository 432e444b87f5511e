using ClipFusion.OnnxInference.Providers;

namespace ClipFusion.Tests.OnnxInference;

/// <summary>A library that a technician names is looked at before its first use.</summary>
public sealed class OnnxRuntimeLibraryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Check_OlderLibrary_SaysItsVersionAndWhatIsExpected()
    {
        string old = NativeStub.Compile(_folder.Root, "libold.so", Old);
        RuntimeLibraryException e = Assert.Throws<RuntimeLibraryException>(() => OnnxRuntimeLibrary.Check(old));
        Assert.Equal(
            $"{old}: ONNX Runtime 1.19.2 is too old: this program speaks API version {OnnxRuntimeLibrary.ApiVersion}, so "
                + $"1.{OnnxRuntimeLibrary.ApiVersion} or later is expected (docs/gpu.md)",
            e.Message
        );
    }

    [Fact]
    public void Check_TheProgramsOwnLibrary_GivesTheVersionThatTheManagedSideSpeaks() =>
        Assert.StartsWith($"1.{OnnxRuntimeLibrary.ApiVersion}.", OnnxRuntimeLibrary.Check(Own).Version, StringComparison.Ordinal);

    [Fact]
    public void Check_AnotherLibrary_IsNamedAsNoOnnxRuntime()
    {
        string other = NativeStub.Compile(_folder.Root, "libother.so", "extern \"C\" int answer() { return 42; }");
        Assert.Contains(
            "is not ONNX Runtime",
            Assert.Throws<RuntimeLibraryException>(() => OnnxRuntimeLibrary.Check(other)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Check_NoFileOrNoLibrary_SaysSo()
    {
        Assert.Contains(
            "no such file",
            Assert.Throws<RuntimeLibraryException>(() => OnnxRuntimeLibrary.Check(_folder["none.so"])).Message,
            StringComparison.Ordinal
        );
        File.WriteAllText(_folder["text.so"], "text");
        Assert.Contains(
            "can't be loaded",
            Assert.Throws<RuntimeLibraryException>(() => OnnxRuntimeLibrary.Check(_folder["text.so"])).Message,
            StringComparison.Ordinal
        );
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>The library that comes with the program.</summary>
    internal static string Own => Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native", "libonnxruntime.so");

    /// <summary>An ONNX Runtime that serves no API at all.</summary>
    internal const string Old = """
        #include <cstdint>
        static const void* get_api(uint32_t) { return nullptr; }
        static const char* version() { return "1.19.2"; }
        struct Base { const void* (*get_api)(uint32_t); const char* (*version)(); };
        static const Base base{get_api, version};
        extern "C" const Base* OrtGetApiBase() { return &base; }
        """;
}
