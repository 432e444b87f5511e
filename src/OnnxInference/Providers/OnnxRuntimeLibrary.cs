using System.Runtime.InteropServices;
using ClipFusion.Foundation.Files;
using Microsoft.ML.OnnxRuntime;

namespace ClipFusion.OnnxInference.Providers;

/// <summary>
/// The native ONNX Runtime, where it is not the one that came with the program: on a Jetson it is built with CUDA and TensorRT and lies
/// where the integrator put it. It is looked at before its first use, because a library that is too old would otherwise fail in a type
/// initializer.
/// </summary>
public static unsafe class OnnxRuntimeLibrary
{
    private static readonly Lock Loading = new();
    private static string? _used;

    /// <summary>The version of the C API that the managed assembly asks for: the second number of its version.</summary>
    public static int ApiVersion { get; } = typeof(InferenceSession).Assembly.GetName().Version!.Minor;

    /// <summary>Takes a library instead of the program's own; must be called before the first network is opened. The same path again does
    /// nothing.</summary>
    /// <param name="path">The file, absolute; providers (<c>libonnxruntime_providers_cuda.so</c> and so on) are looked for beside
    /// it.</param>
    /// <exception cref="RuntimeLibraryException">It can't be loaded, is no ONNX Runtime, is too old, or another one is in use.</exception>
    public static void Use(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        lock (Loading)
        {
            if (_used == path)
                return;
            if (_used is not null)
                throw new RuntimeLibraryException(
                    $"{path}: this program has taken {_used} for its ONNX Runtime; another one needs a restart"
                );
            nint library = Check(path).Handle;
            OrtEnv.DisableDllImportResolver = true;
            NativeLibrary.SetDllImportResolver(
                typeof(InferenceSession).Assembly,
                (name, assembly, search) =>
                    name == "onnxruntime" ? library
                    : NativeLibrary.TryLoad(name, assembly, search, out nint other) ? other
                    : 0
            );
            _used = path;
        }
    }

    /// <summary>
    /// Makes the library's environment, if nobody has: a moment, in which it registers its operators. A process must not end in the middle
    /// of it: the C library tears the registries down while they are filled, and what can't be registered any more is written to standard
    /// error ("Schema error: ..."). So whoever opens networks in the background waits for this, even when it is stopped.
    /// </summary>
    public static void Start() => OrtEnv.Instance();

    /// <summary>Loads a library and asks for its version without using it for anything else. It stays loaded.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The loaded library, and the version that it says it is.</returns>
    /// <exception cref="RuntimeLibraryException">It can't be loaded, is no ONNX Runtime, or does not serve
    /// <see cref="ApiVersion"/>.</exception>
    public static (nint Handle, string Version) Check(string path)
    {
        try
        {
            // The loader would wait for a pipe's writer.
            RegularFile.Require(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RuntimeLibraryException($"{e.Message}; a libonnxruntime.so is expected", e);
        }

        nint handle;
        try
        {
            handle = NativeLibrary.Load(path);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            throw new RuntimeLibraryException($"{path}: can't be loaded: {e.Message}", e);
        }

        if (!NativeLibrary.TryGetExport(handle, "OrtGetApiBase", out nint export))
            throw new RuntimeLibraryException($"{path}: is not ONNX Runtime: it has no OrtGetApiBase");
        // struct OrtApiBase { const OrtApi* (*GetApi)(uint32_t); const char* (*GetVersionString)(void); };
        var api = (nint*)((delegate* unmanaged[Cdecl]<nint>)export)();
        string version = Marshal.PtrToStringUTF8(((delegate* unmanaged[Cdecl]<nint>)api[1])()) ?? "of no version";
        if (((delegate* unmanaged[Cdecl]<uint, nint>)api[0])((uint)ApiVersion) == 0)
            throw new RuntimeLibraryException(
                $"{path}: ONNX Runtime {version} is too old: this program speaks API version {ApiVersion}, so 1.{ApiVersion} or later "
                    + "is expected (docs/gpu.md)"
            );
        return (handle, version);
    }
}
