using System.Runtime.InteropServices;
using ClipFusion.Native;

namespace ClipFusion.Tests.Native;

/// <summary>Tests that need the emulated GPU to themselves, because they break it or count what is left on it.</summary>
[CollectionDefinition(nameof(EmulatedGpu), DisableParallelization = true)]
public sealed unsafe class EmulatedGpu
{
    private static readonly Lazy<nint> Driver = new(() => NativeLibrary.Load("libcuda.so.1"));

    /// <summary>Whether libcuda.so.1 is tests/Native/emulator's, whose memory is this process's, and the kernels were built in.</summary>
    public static bool IsHere =>
        NativeRuntime.ProbeDevice() is { IsUsable: true, Name: { } name } && name.StartsWith("Emulated", StringComparison.Ordinal);

    /// <summary>A GPU whose memory is this process's; where there is no emulator one that does not exist.</summary>
    public static int Device => IsHere ? 0 : 99;

    /// <summary>Allocations, contexts and marks that nobody gave back.</summary>
    public static int Leftovers => ((delegate* unmanaged<int>)NativeLibrary.GetExport(Driver.Value, "fake_leftovers"))();

    /// <summary>Lets this many allocations, launches or copies succeed and the next one fail; -1: none fails.</summary>
    public static void Break(int allocations = -1, int launches = -1, int copies = -1)
    {
        (int Allocations, int Launches, int Copies) faults = (allocations, launches, copies);
        ((delegate* unmanaged<int*, void>)NativeLibrary.GetExport(Driver.Value, "fake_set_faults"))((int*)&faults);
    }
}
