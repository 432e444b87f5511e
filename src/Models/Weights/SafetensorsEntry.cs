using System.Runtime.InteropServices;

namespace ClipFusion.Models.Weights;

/// <summary>One tensor to be written.</summary>
/// <param name="Name">Unique in the file, not <c>__metadata__</c>.</param>
/// <param name="Type">Element type, not <see cref="TensorType.Other"/>.</param>
/// <param name="Shape">Lengths per axis, outermost first; empty for a scalar.</param>
/// <param name="Write">Writes exactly the elements, row-major and little-endian, to the stream it is given; called once, when it is this
/// tensor's turn, so that data may be made on the fly.</param>
public sealed record SafetensorsEntry(string Name, TensorType Type, IReadOnlyList<long> Shape, Action<Stream> Write)
{
    /// <summary>An F32 tensor.</summary>
    /// <param name="name">Unique name.</param>
    /// <param name="values">Row-major elements; read when the file is written.</param>
    /// <param name="shape">Lengths per axis; none for a scalar.</param>
    public static SafetensorsEntry Of(string name, float[] values, params long[] shape) =>
        new(name, TensorType.Float32, shape, stream => stream.Write(MemoryMarshal.AsBytes(values.AsSpan())));

    /// <summary>An I64 tensor.</summary>
    /// <param name="name">Unique name.</param>
    /// <param name="values">Row-major elements; read when the file is written.</param>
    /// <param name="shape">Lengths per axis; none for a scalar.</param>
    public static SafetensorsEntry Of(string name, long[] values, params long[] shape) =>
        new(name, TensorType.Int64, shape, stream => stream.Write(MemoryMarshal.AsBytes(values.AsSpan())));

    /// <summary>A U8 tensor.</summary>
    /// <param name="name">Unique name.</param>
    /// <param name="values">Row-major elements; read when the file is written.</param>
    /// <param name="shape">Lengths per axis; none for a scalar.</param>
    public static SafetensorsEntry Of(string name, byte[] values, params long[] shape) =>
        new(name, TensorType.UInt8, shape, stream => stream.Write(values));

    /// <summary>An F16 tensor.</summary>
    /// <param name="name">Unique name.</param>
    /// <param name="values">Row-major elements; read when the file is written.</param>
    /// <param name="shape">Lengths per axis; none for a scalar.</param>
    public static SafetensorsEntry Of(string name, Half[] values, params long[] shape) =>
        new(name, TensorType.Float16, shape, stream => stream.Write(MemoryMarshal.AsBytes(values.AsSpan())));
}
