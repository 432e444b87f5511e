using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using ClipFusion.Foundation.Files;

namespace ClipFusion.OnnxInference.Providers;

/// <summary>Asks the driver and TensorRT what is there, through their own libraries and without a toolkit. What can't be asked is
/// <c>unknown</c>.</summary>
internal static unsafe partial class GpuProbe
{
    private const string Unknown = "unknown";

    /// <summary>Name of a GPU and the versions around it.</summary>
    /// <param name="device">Number of the GPU.</param>
    /// <param name="onnxRuntime">Version of ONNX Runtime.</param>
    /// <param name="cuda">The driver's library.</param>
    /// <param name="tensorRt">TensorRT's libraries, newest first.</param>
    /// <param name="driverFiles">Files that tell the driver's version.</param>
    public static GpuIdentity Read(
        int device,
        string onnxRuntime,
        string cuda = "libcuda.so.1",
        IReadOnlyList<string>? tensorRt = null,
        IReadOnlyList<string>? driverFiles = null
    )
    {
        (string name, string api) = Device(device, cuda);
        return new GpuIdentity(
            name,
            Driver(driverFiles ?? ["/sys/module/nvidia/version", "/proc/driver/nvidia/version"]) ?? api,
            TensorRt(tensorRt ?? ["libnvinfer.so.11", "libnvinfer.so.10", "libnvinfer.so"]),
            onnxRuntime
        );
    }

    private static (string Name, string Api) Device(int device, string library)
    {
        if (!NativeLibrary.TryLoad(library, out nint cuda))
            return (Unknown, Unknown);
        // CUresult cuInit(unsigned), cuDriverGetVersion(int*), cuDeviceGet(CUdevice*, int), cuDeviceGetName(char*, int, CUdevice): 0 is
        // success.
        if (!NativeLibrary.TryGetExport(cuda, "cuInit", out nint init) || ((delegate* unmanaged<uint, int>)init)(0) != 0)
            return (Unknown, Unknown);
        int version = 0,
            handle = 0;
        string api =
            NativeLibrary.TryGetExport(cuda, "cuDriverGetVersion", out nint get) && ((delegate* unmanaged<int*, int>)get)(&version) == 0
                ? $"cuda-{version}"
                : Unknown;
        byte* name = stackalloc byte[256];
        bool named =
            NativeLibrary.TryGetExport(cuda, "cuDeviceGet", out nint find)
            && ((delegate* unmanaged<int*, int, int>)find)(&handle, device) == 0
            && NativeLibrary.TryGetExport(cuda, "cuDeviceGetName", out nint ask)
            && ((delegate* unmanaged<byte*, int, int, int>)ask)(name, 256, handle) == 0;
        return (named ? Marshal.PtrToStringUTF8((nint)name) ?? Unknown : Unknown, api);
    }

    private const int MaxDriverBytes = 1 << 16;

    private static string? Driver(IEnumerable<string> files)
    {
        foreach (string file in files)
        {
            try
            {
                if (Version().Match(RegularFile.ReadAllText(file, MaxDriverBytes)) is { Success: true } found)
                    return found.Value;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Another file, or the driver itself, tells.
            }
        }

        return null;
    }

    private static string TensorRt(IEnumerable<string> libraries)
    {
        foreach (string library in libraries)
        {
            if (
                !NativeLibrary.TryLoad(library, out nint nvinfer)
                || !NativeLibrary.TryGetExport(nvinfer, "getInferLibVersion", out nint export)
            )
                continue;
            // int32_t getInferLibVersion(): 8.6.1 is 8601, from 10.0 on 10.3.0 is 100300.
            int version = ((delegate* unmanaged<int>)export)();
            return version >= 100_000
                ? $"{version / 10_000}.{version / 100 % 100}.{version % 100}"
                : $"{version / 1000}.{version / 100 % 10}.{version % 100}";
        }

        return Unknown;
    }

    [GeneratedRegex(@"\d+\.\d+(\.\d+)*")]
    private static partial Regex Version();
}
