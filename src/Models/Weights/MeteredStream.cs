namespace ClipFusion.Models.Weights;

/// <summary>A write-only window onto another stream that takes a fixed number of bytes and refuses more before they reach it. Does not own
/// the other stream.</summary>
internal sealed class MeteredStream(Stream inner, long expected, string owner) : Stream
{
    private long _written;

    /// <summary>Bytes that still fit.</summary>
    public long Left => expected - _written;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (buffer.Length > Left)
            throw new WeightException($"{owner} was given at least {_written + buffer.Length} bytes, expected {expected}.");
        inner.Write(buffer);
        _written += buffer.Length;
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush() { }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
