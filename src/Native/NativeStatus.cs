namespace ClipFusion.Native;

/// <summary>What a call of the native library came to; the numbers are the ABI's.</summary>
public enum NativeStatus
{
    /// <summary>Done.</summary>
    Ok = 0,

    /// <summary>A null pointer, a wrong length or a number out of range.</summary>
    BadArgument = 1,

    /// <summary>The handle is not a living bank.</summary>
    BadHandle = 2,

    /// <summary>A NaN, infinite or zero vector; the message names its row.</summary>
    BadVector = 3,

    /// <summary>No row to search, possibly because the only image is left out.</summary>
    Empty = 4,

    /// <summary>The caller ended the search.</summary>
    Cancelled = 5,

    /// <summary>Out of memory.</summary>
    NoMemory = 6,

    /// <summary>The operating system refused a file operation.</summary>
    InputOutput = 7,

    /// <summary>Not a bank file, one of another version, or one that is cut off or damaged.</summary>
    BadFile = 8,

    /// <summary>This processor does not have the kernel that was asked for.</summary>
    Unsupported = 9,

    /// <summary>A defect of the library.</summary>
    Internal = 10,

    /// <summary>No GPU that can be used: kernels, driver or GPU are missing or too old.</summary>
    NoDevice = 11,

    /// <summary>The NVIDIA driver refused a call or broke off.</summary>
    DeviceFailed = 12,
}
