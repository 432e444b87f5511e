using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace ClipFusion.Models.Weights;

/// <summary>Stored floats (little-endian, any alignment) to single precision; exact, NaN payloads aside.</summary>
internal static class Widening
{
    /// <summary>Widens as many elements as the destination is long.</summary>
    /// <param name="type">F16, BF16 or F32.</param>
    /// <param name="source">The stored bytes, exactly as many as the destination needs.</param>
    /// <param name="destination">Receives the values.</param>
    public static void ToSingle(TensorType type, ReadOnlySpan<byte> source, Span<float> destination)
    {
        switch (type)
        {
            case TensorType.Float32:
                source.CopyTo(MemoryMarshal.AsBytes(destination));
                break;
            case TensorType.Float16:
                TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(source), destination);
                break;
            case TensorType.BFloat16:
                BFloat16ToSingle(MemoryMarshal.Cast<byte, ushort>(source), MemoryMarshal.Cast<float, uint>(destination));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "Expected F16, BF16 or F32.");
        }
    }

    private static void BFloat16ToSingle(ReadOnlySpan<ushort> source, Span<uint> destination)
    {
        int i = 0;
        for (; i <= source.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            Vector.Widen(new Vector<ushort>(source[i..]), out Vector<uint> low, out Vector<uint> high);
            (low << 16).CopyTo(destination[i..]);
            (high << 16).CopyTo(destination[(i + Vector<uint>.Count)..]);
        }

        for (; i < source.Length; i++)
            destination[i] = (uint)source[i] << 16;
    }
}
