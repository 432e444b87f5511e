using ClipFusion.Native;

namespace ClipFusion.Tests.Native;

/// <summary>The wrapper on whatever machine this is: with a GPU it must agree with the processor, without one it must say so. The kernels
/// themselves are tested by tests/Native.</summary>
[Collection(nameof(EmulatedGpu))]
public sealed unsafe class DeviceBankSetTests
{
    private const int Dimension = 72,
        Rows = 300,
        Queries = 40;

    [Fact]
    public void ProbeDevice_ThisMachine_IsUsableOrSaysWhyNot()
    {
        DeviceProbe probe = NativeRuntime.ProbeDevice();
        Assert.Equal(probe.IsUsable, probe.WhyNot is null);
        if (probe.IsUsable)
            Assert.True(
                probe is { Name: not null, ComputeCapability.Major: >= 7, Driver.Major: >= 11, MemoryBytes: > 0, Kernels: not null },
                probe.ToString()
            );
        else
            Assert.Matches("not built in|NVIDIA driver|compute capability", probe.WhyNot);
        Assert.False(NativeRuntime.ProbeDevice(-1).IsUsable);
        Assert.False(NativeRuntime.ProbeDevice(int.MaxValue).IsUsable);
    }

    [Fact]
    public void Search_ThisMachine_IsTheProcessorsOrSaysWhyNot()
    {
        float[] queries = Values(2, Queries * Dimension),
            expected = new float[Queries],
            found = new float[Queries];
        long[] expectedRows = new long[Queries],
            foundRows = new long[Queries];
        using NativeBank bank = NativeBank.Create(Dimension),
            other = NativeBank.Create(2);
        bank.Append(Values(1, Rows * Dimension));
        bank.Append(queries);
        bank.Search(queries, expected, expectedRows, exclude: 1, cancellation: TestContext.Current.CancellationToken);
        if (NativeRuntime.ProbeDevice().WhyNot is { } reason)
        {
            Assert.Equal(reason, Assert.Throws<NotSupportedException>(() => DeviceBankSet.Create(0, other, bank)).Message);
            return;
        }

        using DeviceBankSet set = DeviceBankSet.Create(0, other, bank);
        fixed (
            float* query = queries,
                similarity = found
        )
        fixed (long* row = foundRows)
        {
            set.SearchFromHost([new DeviceQuery(1, (nint)query, Queries, (nint)similarity, (nint)row, Exclude: 1)]);
        }

        Assert.Equal(expectedRows, foundRows);
        Assert.Equal(expected, found);
        Assert.True(set.Bytes > 6 * Rows * Dimension);
        Assert.Throws<ArgumentException>(() => set.Search([new DeviceQuery(2, 0, 0, 0)], 0));
        Assert.Throws<InvalidOperationException>(() => set.Search([new DeviceQuery(0, 0, 0, 0)], 0));
    }

    [Fact]
    public void Create_DisposedOrNoBank_IsRefused()
    {
        NativeBank bank = NativeBank.Create(Dimension);
        bank.Dispose();
        Assert.Throws<ObjectDisposedException>(() => DeviceBankSet.Create(0, bank));
        Assert.Throws<ArgumentException>(() => DeviceBankSet.Create(0));
    }

    private static float[] Values(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
    }
}
