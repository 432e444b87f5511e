using System.Runtime.InteropServices;
using ClipFusion.Native;

namespace ClipFusion.Tests.Native;

/// <summary>The imports themselves: what the wrapper would never pass still comes back as a status with words.</summary>
public sealed unsafe class NativeAbiTests
{
    [Fact]
    public void Library_OfThisBuild_IsAvailable()
    {
        Assert.True(NativeRuntime.IsAvailable, NativeRuntime.WhyNot);
        Assert.Equal("plain", NativeRuntime.Kernels[^1]);
    }

    [Fact]
    public void Layout_OfTheStructures_IsTheHeaders()
    {
        Assert.Equal(
            (48, 8, 24, 32),
            (sizeof(NativeInfo), Offset<NativeInfo>("Rows"), Offset<NativeInfo>("Bytes"), Offset<NativeInfo>("Kernel"))
        );
        Assert.Equal(
            (80, 8, 32, 40),
            (sizeof(NativeSearch), Offset<NativeSearch>("Queries"), Offset<NativeSearch>("ExcludeImage"), Offset<NativeSearch>("Cancel"))
        );
        Assert.Equal((48, 72), (Offset<NativeSearch>("Similarity"), Offset<NativeSearch>("ImageRow")));
        Assert.Equal(
            (48, 8, 24, 40),
            (sizeof(NativeCoreset), Offset<NativeCoreset>("Count"), Offset<NativeCoreset>("Cancel"), Offset<NativeCoreset>("Radius"))
        );
        Assert.Equal(
            (104, 16, 24, 88),
            (
                sizeof(NativeDeviceInfo),
                Offset<NativeDeviceInfo>("Memory"),
                Offset<NativeDeviceInfo>("Name"),
                Offset<NativeDeviceInfo>("Kernels")
            )
        );
        Assert.Equal(
            (56, 12, 16, 48),
            (
                sizeof(NativeDeviceQuery),
                Offset<NativeDeviceQuery>("ExcludeImage"),
                Offset<NativeDeviceQuery>("Queries"),
                Offset<NativeDeviceQuery>("Row")
            )
        );
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(1UL)]
    [InlineData(ulong.MaxValue)]
    public void EveryCall_BadHandle_IsAStatus(ulong handle)
    {
        var info = new NativeInfo { StructSize = (uint)sizeof(NativeInfo) };
        var search = new NativeSearch { StructSize = (uint)sizeof(NativeSearch) };
        Assert.Equal(NativeStatus.BadHandle, NativeMethods.Destroy(handle));
        Assert.Equal(NativeStatus.BadHandle, NativeMethods.Info(handle, &info));
        Assert.Equal(NativeStatus.BadHandle, NativeMethods.Search(handle, &search));
        Assert.Equal(NativeStatus.BadHandle, NativeMethods.Append(handle, 0, null, 0, 0, null, null));
        Assert.Equal(NativeStatus.BadHandle, NativeMethods.RemoveImage(handle, 0));
        Assert.Equal(NativeStatus.BadHandle, NativeMethods.Replace(handle, handle));
        Assert.Equal(NativeStatus.BadHandle, NativeMethods.Save(handle, "nowhere"));
        ulong bytes,
            made;
        var coreset = new NativeCoreset { StructSize = (uint)sizeof(NativeCoreset) };
        Assert.Equal(NativeStatus.BadHandle, NativeMethods.Coreset(handle, &coreset));
        Assert.Equal(NativeStatus.BadHandle, NativeMethods.DestroySet(handle));
        Assert.Equal(NativeStatus.BadHandle, NativeMethods.SetBytes(handle, &bytes));
        Assert.Equal(NativeStatus.BadHandle, NativeMethods.SearchSet(handle, null, 0, null));
        Assert.Equal(NativeStatus.BadHandle, NativeMethods.SearchSetFromHost(handle, null, 0));
        Assert.Equal(NativeStatus.BadHandle, NativeMethods.CreateSet(0, &handle, 1, &made));
    }

    [Fact]
    public void EveryCall_NullPointers_AreAStatus()
    {
        ulong bank;
        uint version;
        Assert.Equal(NativeStatus.BadArgument, NativeMethods.AbiRange(null, &version));
        Assert.Equal(NativeStatus.BadArgument, NativeMethods.Create(2, null, null));
        Assert.Equal(NativeStatus.BadArgument, NativeMethods.Load("x", null, null));
        Assert.Equal(NativeStatus.Ok, NativeMethods.Create(2, null, &bank));
        Assert.Equal(NativeStatus.BadArgument, NativeMethods.Info(bank, null));
        Assert.Equal(NativeStatus.BadArgument, NativeMethods.Search(bank, null));
        Assert.Equal(NativeStatus.BadArgument, NativeMethods.Append(bank, 0, null, 2, 1, null, null));
        Assert.Equal(NativeStatus.BadArgument, NativeMethods.ProbeDevice(0, null));
        Assert.Equal(NativeStatus.BadArgument, NativeMethods.CreateSet(0, null, 1, &bank));
        Assert.Equal(NativeStatus.BadArgument, NativeMethods.CreateSet(0, &bank, 1, null));
        Assert.Equal(NativeStatus.Ok, NativeMethods.Destroy(bank));
        Assert.Equal(NativeStatus.BadHandle, NativeMethods.Destroy(bank));
    }

    private static int Offset<T>(string field) => (int)Marshal.OffsetOf<T>(field);
}
