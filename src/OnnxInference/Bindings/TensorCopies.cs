using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ClipFusion.Native;
using Microsoft.ML.OnnxRuntime;

namespace ClipFusion.OnnxInference.Bindings;

/// <summary>Copies whole tensors between the host and where a graph runs. They are made when a member returns, whatever reads them
/// next.</summary>
/// <param name="device">Number of the GPU; null where the graph runs in the host's memory.</param>
internal readonly struct TensorCopies(int? device)
{
    /// <summary>From the host to the device.</summary>
    /// <exception cref="NetworkException">They differ in size, or the copy failed.</exception>
    public void Up(OrtValue to, OrtValue from) =>
        Copy(to, from, static (device, to, from) => DeviceMemory.Upload(device, Address(to), from));

    /// <summary>From the device to the host.</summary>
    /// <inheritdoc cref="Up"/>
    public void Down(OrtValue to, OrtValue from) =>
        Copy(to, from, static (device, to, from) => DeviceMemory.Download(device, to, Address(from)));

    /// <summary>From one place of the device to another.</summary>
    /// <inheritdoc cref="Up"/>
    public void Within(OrtValue to, OrtValue from) =>
        Copy(to, from, static (device, to, from) => DeviceMemory.Copy(device, Address(to), Address(from), from.Length));

    private void Copy(OrtValue to, OrtValue from, CopyOnDevice onDevice)
    {
        // Spans tell address and length; only those of the host's memory may be looked into.
        Span<byte> target = to.GetTensorMutableRawData(),
            source = from.GetTensorMutableRawData();
        if (target.Length != source.Length)
            throw new NetworkException($"a tensor of {source.Length} bytes was given; {target.Length} are expected");
        if (device is not { } gpu)
        {
            source.CopyTo(target);
            return;
        }

        try
        {
            onDevice(gpu, target, source);
        }
        catch (Exception e) when (e is NativeException or NotSupportedException)
        {
            throw new NetworkException($"a copy of {source.Length} bytes on GPU {gpu} failed: {e.Message}", e);
        }
    }

    private static unsafe nint Address(Span<byte> memory) => (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(memory));

    private delegate void CopyOnDevice(int device, Span<byte> to, Span<byte> from);
}
