namespace ClipFusion.Camera;

/// <summary>Why there is no usable frame.</summary>
public enum FrameFault
{
    /// <summary>No frame came within the trigger's time.</summary>
    Timeout,

    /// <summary>A part of the frame was lost on its way.</summary>
    Incomplete,

    /// <summary>The camera or folder is not there.</summary>
    Disconnected,

    /// <summary>The frame is not of the expected size or format.</summary>
    WrongSize,

    /// <summary>What came can't be an image, or can't be read.</summary>
    BadImage,

    /// <summary>Every frame buffer is in use: the frames before this one are still held.</summary>
    NoBuffer,
}

/// <summary>A frame that was asked for can't be had; <see cref="Fault"/> says which stable reason to report.</summary>
public sealed class FrameException : Exception
{
    /// <summary>Creates it.</summary>
    /// <param name="fault">The stable reason.</param>
    /// <param name="message">What was wrong, where, and what is expected.</param>
    /// <param name="inner">What caused it, if that is known.</param>
    public FrameException(FrameFault fault, string message, Exception? inner = null)
        : base(message, inner) => Fault = fault;

    /// <summary>The stable reason.</summary>
    public FrameFault Fault { get; }

    /// <summary>The file that is the trigger's and can't be used; null where there is none.</summary>
    public FileStamp? File { get; init; }
}
