using ClipFusion.Camera;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Recipes;
using ClipFusion.Imaging;

namespace ClipFusion.EdgeDaemon.Pictures;

/// <summary>
/// A judged frame's copy in memory that is used again and again. A camera has few buffers, so they go back to it at once, however long the
/// pictures take.
/// </summary>
internal sealed class KeptFrame
{
    private byte[] _memory = [];
    private int _length;

    /// <summary>Bytes that it occupies.</summary>
    public int Capacity => _memory.Length;

    /// <summary>What it is wanted for.</summary>
    public PictureUses Uses { get; private set; }

    /// <summary>Monotonic timestamp of the copy.</summary>
    public long KeptAt { get; private set; }

    /// <summary>The verdict, as stored.</summary>
    public VerdictRecord Verdict { get; private set; } = null!;

    /// <summary>What it was judged under.</summary>
    public StationRecipe Recipe { get; private set; } = null!;

    /// <summary>What of it was not judged; null for nothing.</summary>
    public IgnoreMask? Ignore { get; private set; }

    /// <summary>What good parts' maps reach under <see cref="Recipe"/>.</summary>
    public NormalLevels Levels { get; private set; } = null!;

    /// <summary>Size and layout of <see cref="Bytes"/>.</summary>
    public FrameShape Shape { get; private set; }

    /// <summary>What to call it in messages.</summary>
    public string Name { get; private set; } = "";

    /// <summary>The anomaly map; null where nothing was judged. Owned by this.</summary>
    public PooledAnomalyMap? Map { get; private set; }

    /// <summary>The camera's pixels, or the bytes of an image file.</summary>
    public ReadOnlySpan<byte> Bytes => _memory.AsSpan(0, _length);

    /// <summary>Takes a copy of the frame, and the map itself.</summary>
    public void Take(PictureSource source, PictureUses uses, long now)
    {
        ReadOnlySpan<byte> pixels = source.Frame.Pixels;
        if (_memory.Length < pixels.Length)
            _memory = GC.AllocateUninitializedArray<byte>(pixels.Length);
        pixels.CopyTo(_memory);
        (_length, Shape, Name) = (pixels.Length, source.Frame.Shape, source.Frame.FileName ?? $"frame {source.Frame.Id}");
        (Verdict, Recipe, Ignore, Map, Levels) = (source.Verdict, source.Recipe, source.Ignore, source.Map, source.Levels);
        (Uses, KeptAt) = (uses, now);
    }

    /// <summary>Lets go of everything but the memory.</summary>
    public void Clear()
    {
        Map?.Dispose();
        (Verdict, Recipe, Ignore, Map, Levels, _length, Uses) = (null!, null!, null, null, null!, 0, PictureUses.None);
    }
}
