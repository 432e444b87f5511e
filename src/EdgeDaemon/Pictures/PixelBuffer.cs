namespace ClipFusion.EdgeDaemon.Pictures;

/// <summary>Memory for pixels that is used again and again and only grows. For one thread.</summary>
internal struct PixelBuffer
{
    private byte[]? _bytes;

    /// <summary>That many bytes, holding whatever lay there before; valid until the next call.</summary>
    public Span<byte> Of(int bytes)
    {
        if (_bytes is null || _bytes.Length < bytes)
            _bytes = GC.AllocateUninitializedArray<byte>(bytes);
        return _bytes.AsSpan(0, bytes);
    }
}
