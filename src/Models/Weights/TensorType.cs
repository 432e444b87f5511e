namespace ClipFusion.Models.Weights;

/// <summary>Element types of a safetensors file as far as this product reads them.</summary>
public enum TensorType
{
    /// <summary>A type that the format knows and this product does not read (F64, BOOL, F8_E4M3, ...). Such tensors may stand in a file;
    /// reading one is an error.</summary>
    Other,

    /// <summary>U8.</summary>
    UInt8,

    /// <summary>I64.</summary>
    Int64,

    /// <summary>F16, IEEE half precision.</summary>
    Float16,

    /// <summary>BF16, the upper half of a single.</summary>
    BFloat16,

    /// <summary>F32, IEEE single precision.</summary>
    Float32,
}
