using ClipFusion.OnnxInference.Providers;

namespace ClipFusion.Tests.OnnxInference;

/// <summary>With stubs in the place of driver and TensorRT: what is asked and how answers are read, not that a real driver gives
/// them.</summary>
public sealed class GpuProbeTests
{
    [Fact]
    public void Read_DriverAndTensorRtThere_GivesNamesAndVersions()
    {
        using var folder = new TemporaryFolder();
        string cuda = NativeStub.Compile(
            folder.Root,
            "libcuda-stub.so",
            """
            #include <cstring>
            extern "C" int cuInit(unsigned) { return 0; }
            extern "C" int cuDriverGetVersion(int* v) { *v = 12060; return 0; }
            extern "C" int cuDeviceGet(int* d, int i) { *d = i + 100; return 0; }
            extern "C" int cuDeviceGetName(char* name, int, int d) { std::strcpy(name, d == 101 ? "Orin" : "wrong"); return 0; }
            """
        );
        string tensorRt = NativeStub.Compile(folder.Root, "libnvinfer-stub.so", "extern \"C\" int getInferLibVersion() { return 100316; }");
        File.WriteAllText(folder["version"], "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5\n");
        Assert.Equal(
            new GpuIdentity("Orin", "550.54.15", "10.3.16", "1.31.1"),
            GpuProbe.Read(1, "1.31.1", cuda, [folder["none.so"], tensorRt], [folder["none"], folder["version"]])
        );
        Assert.Equal("cuda-12060", GpuProbe.Read(1, "1.31.1", cuda, [tensorRt], [folder["none"]]).Driver);
    }

    [Fact]
    public void Read_NothingThere_IsUnknown() =>
        Assert.Equal(
            new GpuIdentity("unknown", "unknown", "unknown", "1.31.1"),
            GpuProbe.Read(0, "1.31.1", "libnot-there.so.1", ["libnot-there.so.2"], ["/nowhere"])
        );
}
