namespace ClipFusion.Models.Graph;

/// <summary>Element types that our graphs use; the numbers are ONNX's <c>TensorProto.DataType</c>.</summary>
public enum ElementType
{
    /// <summary>32-bit IEEE float.</summary>
    Float32 = 1,

    /// <summary>Unsigned byte: pixels.</summary>
    UInt8 = 2,

    /// <summary>Signed 64-bit integer: token ids, row counts, shapes.</summary>
    Int64 = 7,

    /// <summary>16-bit IEEE float.</summary>
    Float16 = 10,
}
