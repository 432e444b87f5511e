using System.Runtime.InteropServices;

namespace ClipFusion.Native;

/// <summary>The C ABI, as clipfusion_native.h has it. The only imports of this product's own library.</summary>
internal static unsafe partial class NativeMethods
{
    public const string Library = "clipfusion_native";

    [LibraryImport(Library, EntryPoint = "cfn_abi_range")]
    public static partial NativeStatus AbiRange(uint* oldest, uint* newest);

    [LibraryImport(Library, EntryPoint = "cfn_last_message")]
    public static partial nuint LastMessage(byte* buffer, nuint capacity);

    [LibraryImport(Library, EntryPoint = "cfn_kernels")]
    public static partial nuint Kernels(byte* buffer, nuint capacity);

    [LibraryImport(Library, EntryPoint = "cfn_bank_create", StringMarshalling = StringMarshalling.Utf8)]
    public static partial NativeStatus Create(uint dimension, string? kernel, ulong* bank);

    [LibraryImport(Library, EntryPoint = "cfn_bank_destroy")]
    public static partial NativeStatus Destroy(ulong bank);

    [LibraryImport(Library, EntryPoint = "cfn_bank_append")]
    public static partial NativeStatus Append(ulong bank, int format, void* rows, ulong values, ulong rowCount, byte* ignored, int* image);

    [LibraryImport(Library, EntryPoint = "cfn_bank_remove_image")]
    public static partial NativeStatus RemoveImage(ulong bank, int image);

    [LibraryImport(Library, EntryPoint = "cfn_bank_replace")]
    public static partial NativeStatus Replace(ulong bank, ulong with);

    [LibraryImport(Library, EntryPoint = "cfn_bank_info_get")]
    public static partial NativeStatus Info(ulong bank, NativeInfo* info);

    [LibraryImport(Library, EntryPoint = "cfn_bank_search")]
    public static partial NativeStatus Search(ulong bank, NativeSearch* search);

    [LibraryImport(Library, EntryPoint = "cfn_bank_coreset")]
    public static partial NativeStatus Coreset(ulong bank, NativeCoreset* coreset);

    [LibraryImport(Library, EntryPoint = "cfn_bank_save", StringMarshalling = StringMarshalling.Utf8)]
    public static partial NativeStatus Save(ulong bank, string path);

    [LibraryImport(Library, EntryPoint = "cfn_bank_load", StringMarshalling = StringMarshalling.Utf8)]
    public static partial NativeStatus Load(string path, string? kernel, ulong* bank);

    [LibraryImport(Library, EntryPoint = "cfn_device_probe")]
    public static partial NativeStatus ProbeDevice(int device, NativeDeviceInfo* info);

    [LibraryImport(Library, EntryPoint = "cfn_device_upload")]
    public static partial NativeStatus Upload(int device, void* to, void* from, ulong bytes);

    [LibraryImport(Library, EntryPoint = "cfn_device_download")]
    public static partial NativeStatus Download(int device, void* to, void* from, ulong bytes);

    [LibraryImport(Library, EntryPoint = "cfn_device_copy")]
    public static partial NativeStatus Copy(int device, void* to, void* from, ulong bytes);

    [LibraryImport(Library, EntryPoint = "cfn_device_set_create")]
    public static partial NativeStatus CreateSet(int device, ulong* banks, uint count, ulong* set);

    [LibraryImport(Library, EntryPoint = "cfn_device_set_bytes")]
    public static partial NativeStatus SetBytes(ulong set, ulong* bytes);

    [LibraryImport(Library, EntryPoint = "cfn_device_set_destroy")]
    public static partial NativeStatus DestroySet(ulong set);

    [LibraryImport(Library, EntryPoint = "cfn_device_set_search")]
    public static partial NativeStatus SearchSet(ulong set, NativeDeviceQuery* queries, uint count, void* stream);

    [LibraryImport(Library, EntryPoint = "cfn_device_set_search_down")]
    public static partial NativeStatus SearchSetDown(ulong set, NativeDeviceQuery* queries, uint count);

    [LibraryImport(Library, EntryPoint = "cfn_device_set_search_host")]
    public static partial NativeStatus SearchSetFromHost(ulong set, NativeDeviceQuery* queries, uint count);
}

/// <summary>cfn_bank_info.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeInfo
{
    public uint StructSize,
        Dimension;
    public ulong Rows;
    public uint Images,
        NextImage;
    public ulong Bytes;
    public fixed byte Kernel[16];
}

/// <summary>cfn_search.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeSearch
{
    public uint StructSize;
    public int Format;
    public void* Queries;
    public ulong QueryValues,
        QueryCount;
    public int ExcludeImage,
        Threads;
    public int* Cancel;
    public float* Similarity;
    public long* Row;
    public int* Image,
        ImageRow;
}

/// <summary>cfn_coreset.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeCoreset
{
    public uint StructSize;
    public int Threads;
    public ulong Count,
        Seed;
    public int* Cancel;
    public long* Row;
    public float* Radius;
}

/// <summary>cfn_device_info.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeDeviceInfo
{
    public uint StructSize;
    public int Devices,
        DriverVersion,
        ComputeCapability;
    public ulong Memory;
    public fixed byte Name[64];
    public fixed byte Kernels[16];
}

/// <summary>cfn_device_query.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeDeviceQuery
{
    public uint StructSize,
        Bank;
    public int Format,
        ExcludeImage;
    public void* Queries;
    public ulong QueryValues,
        QueryCount;
    public float* Similarity;
    public long* Row;
}
