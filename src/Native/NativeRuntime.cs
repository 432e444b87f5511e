using System.Runtime.InteropServices;
using System.Text;

namespace ClipFusion.Native;

/// <summary>Whether the native library is there and speaks this program's version of the ABI, and what it can do here.</summary>
public static unsafe class NativeRuntime
{
    /// <summary>The ABI version that this assembly was written for.</summary>
    public const int AbiVersion = 4;

    private static readonly Lazy<string?> Found = new(Handshake);

    /// <summary>True when the library was loaded and serves <see cref="AbiVersion"/>.</summary>
    public static bool IsAvailable => Found.Value is null;

    /// <summary>Why the library can't be used, in words for a log; null when it can.</summary>
    public static string? WhyNot => Found.Value;

    /// <summary>Names of the kernels that this processor can run, best first: "avx2", "plain" and so on.</summary>
    /// <exception cref="NotSupportedException">The library is not available.</exception>
    public static IReadOnlyList<string> Kernels
    {
        get
        {
            Require();
            byte* buffer = stackalloc byte[256];
            int length = Math.Min((int)NativeMethods.Kernels(buffer, 256), 255);
            return Encoding.UTF8.GetString(buffer, length).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        }
    }

    /// <summary>Whether memory banks can be searched on a GPU here (<see cref="DeviceBankSet"/>), and if not, why. Loads the NVIDIA driver,
    /// but uses nothing of the GPU.</summary>
    /// <param name="device">The GPU, counted from 0 as CUDA does.</param>
    public static DeviceProbe ProbeDevice(int device = 0)
    {
        if (WhyNot is { } reason)
            return new DeviceProbe(reason);
        var info = new NativeDeviceInfo { StructSize = (uint)sizeof(NativeDeviceInfo) };
        NativeStatus status = NativeMethods.ProbeDevice(device, &info);
        return new DeviceProbe(status == NativeStatus.Ok ? null : LastMessage())
        {
            Name = Text(info.Name),
            ComputeCapability = Version(info.ComputeCapability, 10, 1),
            Driver = Version(info.DriverVersion, 1000, 10),
            MemoryBytes = (long)info.Memory,
            Kernels = Text(info.Kernels),
        };

        static string? Text(byte* zeroEnded) =>
            *zeroEnded == 0 ? null : Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(zeroEnded));
        static Version? Version(int number, int major, int minor) =>
            number == 0 ? null : new Version(number / major, number % major / minor);
    }

    /// <summary>Throws unless the library can be used.</summary>
    internal static void Require()
    {
        if (WhyNot is { } reason)
            throw new NotSupportedException(reason);
    }

    /// <summary>Turns a status other than Ok into its exception.</summary>
    internal static void Check(NativeStatus status, CancellationToken cancellation = default)
    {
        if (status != NativeStatus.Ok)
            throw NativeException.For(status, LastMessage(), cancellation);
    }

    private static string LastMessage()
    {
        byte* buffer = stackalloc byte[1024];
        int length = Math.Min((int)NativeMethods.LastMessage(buffer, 1024), 1023);
        return Encoding.UTF8.GetString(buffer, length);
    }

    private static string? Handshake()
    {
        uint oldest,
            newest;
        try
        {
            if (NativeMethods.AbiRange(&oldest, &newest) != NativeStatus.Ok)
                return "The native library does not answer which ABI versions it serves.";
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException or BadImageFormatException)
        {
            return $"The native library {NativeMethods.Library} can't be loaded (./build.sh build makes it): {e.Message}";
        }

        return AbiVersion >= oldest && AbiVersion <= newest
            ? null
            : $"The native library serves ABI versions {oldest} to {newest}, but this program needs {AbiVersion}; install both from "
                + "the same release.";
    }
}
