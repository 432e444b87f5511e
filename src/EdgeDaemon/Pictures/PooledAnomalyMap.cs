using System.Buffers;
using ClipFusion.Imaging;
using ClipFusion.Inspection.Maps;

namespace ClipFusion.EdgeDaemon.Pictures;

/// <summary>An anomaly map that outlives the inspector's next image; its memory is pooled, because it would land on the large object
/// heap.</summary>
internal sealed class PooledAnomalyMap : IDisposable
{
    // Not the shared pool: its memory stays with the thread that gave it back, and maps are taken and given back by different ones.
    private static readonly ArrayPool<float> Pool = ArrayPool<float>.Create(maxArrayLength: 4096 * 4096, maxArraysPerBucket: 16);

    private float[]? _values;

    private PooledAnomalyMap(float[] values, int width, int height, Region covered) =>
        (_values, Width, Height, Covered) = (values, width, height, covered);

    /// <summary>Cells in a row.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>What the map covers, in frame pixels.</summary>
    public Region Covered { get; }

    /// <summary>Height x width values, row after row; valid until <see cref="Dispose"/>.</summary>
    public ReadOnlySpan<float> Values =>
        _values is { } values ? values.AsSpan(0, Width * Height) : throw new ObjectDisposedException(nameof(PooledAnomalyMap));

    /// <summary>Copies a map.</summary>
    public static PooledAnomalyMap Of(AnomalyMap map, Region covered)
    {
        float[] values = Pool.Rent(map.Width * map.Height);
        map.Values.AsSpan(0, map.Width * map.Height).CopyTo(values);
        return new PooledAnomalyMap(values, map.Width, map.Height, covered);
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _values, null) is { } values)
            Pool.Return(values);
    }
}
