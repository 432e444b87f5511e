using ClipFusion.Native;

namespace ClipFusion.Tests.Native;

/// <summary>The wrapper of the copies; tests/Native tests the copies themselves. On the emulated GPU memory is this process's.</summary>
[Collection(nameof(EmulatedGpu))]
public sealed unsafe class DeviceMemoryTests
{
    [Fact]
    public void Copies_ThisMachine_KeepTheBytesOrSayWhyNot()
    {
        byte[] bytes = [1, 2, 3, 4, 5],
            first = new byte[5],
            second = new byte[5],
            back = new byte[5];
        fixed (
            byte* one = first,
                two = second
        )
        {
            nint from = (nint)one,
                to = (nint)two;
            if (!EmulatedGpu.IsHere)
            {
                // No real GPU is handed an address of this process.
                Assert.Matches(
                    "NVIDIA driver|no GPU",
                    Assert.Throws<NotSupportedException>(() => DeviceMemory.Upload(int.MaxValue, from, bytes)).Message
                );
                return;
            }

            DeviceMemory.Upload(0, from, bytes);
            DeviceMemory.Copy(0, to, from, bytes.Length);
            DeviceMemory.Download(0, back, to);
        }

        Assert.Equal(bytes, first);
        Assert.Equal(bytes, second);
        Assert.Equal(bytes, back);
    }

    [Fact]
    public void Copies_ToNowhere_AreRefused()
    {
        Assert.Throws<ArgumentException>(() => DeviceMemory.Upload(0, 0, new byte[1]));
        Assert.Throws<ArgumentException>(() => DeviceMemory.Download(0, new byte[1], 0));
        Assert.Throws<ArgumentException>(() => DeviceMemory.Copy(0, 0, 1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => DeviceMemory.Copy(0, 1, 1, -1));
    }
}
