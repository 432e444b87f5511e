namespace ClipFusion.Models.Weights;

/// <summary>The format's type names and element sizes.</summary>
internal static class TensorTypes
{
    private static readonly Dictionary<string, (TensorType Type, int Bits)> Known = new(StringComparer.Ordinal)
    {
        ["F32"] = (TensorType.Float32, 32),
        ["F16"] = (TensorType.Float16, 16),
        ["BF16"] = (TensorType.BFloat16, 16),
        ["I64"] = (TensorType.Int64, 64),
        ["U8"] = (TensorType.UInt8, 8),
        ["F4"] = (TensorType.Other, 4),
        ["F6_E2M3"] = (TensorType.Other, 6),
        ["F6_E3M2"] = (TensorType.Other, 6),
        ["BOOL"] = (TensorType.Other, 8),
        ["I8"] = (TensorType.Other, 8),
        ["F8_E5M2"] = (TensorType.Other, 8),
        ["F8_E4M3"] = (TensorType.Other, 8),
        ["F8_E8M0"] = (TensorType.Other, 8),
        ["I16"] = (TensorType.Other, 16),
        ["U16"] = (TensorType.Other, 16),
        ["I32"] = (TensorType.Other, 32),
        ["U32"] = (TensorType.Other, 32),
        ["F64"] = (TensorType.Other, 64),
        ["U64"] = (TensorType.Other, 64),
        ["C64"] = (TensorType.Other, 64),
    };

    /// <summary>What a type name in a header stands for and the bits of one element.</summary>
    public static bool TryParse(string name, out TensorType type, out int bits)
    {
        bool found = Known.TryGetValue(name, out var entry);
        (type, bits) = entry;
        return found;
    }

    /// <summary>The format's name of a type that is read or written here.</summary>
    public static string Name(TensorType type) =>
        type switch
        {
            TensorType.UInt8 => "U8",
            TensorType.Int64 => "I64",
            TensorType.Float16 => "F16",
            TensorType.BFloat16 => "BF16",
            TensorType.Float32 => "F32",
            _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Only U8, I64, F16, BF16 and F32 have a name here."),
        };

    /// <summary>Bytes of one element of a type that is read or written here.</summary>
    public static int ElementSize(TensorType type) => Known[Name(type)].Bits / 8;

    /// <summary>Whether the type is one that networks' weights come in.</summary>
    public static bool IsFloat(TensorType type) => type is TensorType.Float16 or TensorType.BFloat16 or TensorType.Float32;
}
