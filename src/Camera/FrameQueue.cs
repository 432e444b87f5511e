using System.Threading.Channels;

namespace ClipFusion.Camera;

/// <summary>What happens to self-arriving frames that nobody takes in time.</summary>
public enum FullPolicy
{
    /// <summary>The oldest waiting frame is dropped: the reader sees the newest parts.</summary>
    DropOldest,

    /// <summary>The frame that just came is dropped: the reader sees an unbroken run of parts, then a gap.</summary>
    DropNewest,
}

/// <summary>Self-arriving frames between a camera and its reader: bounded, and what is dropped is disposed and counted.</summary>
internal sealed class FrameQueue
{
    private readonly Channel<Frame> _frames;

    public FrameQueue(int capacity, FullPolicy policy, FrameCounters counters)
    {
        var options = new BoundedChannelOptions(capacity)
        {
            FullMode = policy == FullPolicy.DropOldest ? BoundedChannelFullMode.DropOldest : BoundedChannelFullMode.DropWrite,
        };
        _frames = Channel.CreateBounded<Frame>(
            options,
            dropped =>
            {
                counters.CountDropped();
                dropped.Dispose();
            }
        );
    }

    /// <summary>Takes ownership of the frame.</summary>
    public void Add(Frame frame)
    {
        if (!_frames.Writer.TryWrite(frame))
            frame.Dispose();
    }

    /// <summary>No more frames; the reader ends after those that wait, or with the error.</summary>
    public void End(Exception? error = null) => _frames.Writer.TryComplete(error);

    public ChannelReader<Frame> Reader => _frames.Reader;

    /// <summary>Disposes what nobody will read.</summary>
    public void Clear()
    {
        End();
        while (_frames.Reader.TryRead(out Frame? frame))
            frame.Dispose();
    }
}
