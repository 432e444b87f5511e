using ClipFusion.Foundation;

namespace ClipFusion.Camera;

/// <summary>What became of a frame; a folder moves the file accordingly, a camera doesn't care.</summary>
public enum FrameOutcome
{
    /// <summary>Judged, or at least taken over: it need not be brought again.</summary>
    Done,

    /// <summary>It can't be used, for example because it can't be decoded.</summary>
    Rejected,
}

/// <summary>
/// One picture and the sole owner of its pixel memory, which goes back to its <see cref="FramePool"/> on <see cref="Dispose"/>. Pass a
/// frame on and you pass the duty to dispose it. The object itself is never used again, so a frame that is kept too long throws and can't
/// show another's pixels.
/// </summary>
public sealed class Frame : IDisposable
{
    private readonly FramePool? _pool;
    private byte[]? _memory;
    private Action<FrameOutcome, string?>? _settle;

    internal Frame(FramePool pool, byte[] memory, FrameShape shape) => (_pool, _memory, Shape) = (pool, memory, shape);

    private Frame(string refusal) => (_memory, Shape, Refusal) = ([], default, refusal);

    /// <summary>Size, format and stride.</summary>
    public FrameShape Shape { get; }

    /// <summary>Pixels in a row; 0 for encoded bytes.</summary>
    public int Width => Shape.Width;

    /// <summary>Rows; 0 for encoded bytes.</summary>
    public int Height => Shape.Height;

    /// <summary>Bytes from one row to the next; 0 for encoded bytes.</summary>
    public int Stride => Shape.Stride;

    /// <summary>How one pixel lies in memory.</summary>
    public PixelFormat Format => Shape.Format;

    /// <summary>The source's own frame number, rising; gaps are frames that were lost.</summary>
    public ulong Id { get; private set; }

    /// <summary>Number of the trigger that this frame answers (<see cref="TriggerContext.Number"/>); null for a frame that came by
    /// itself.</summary>
    public long? TriggerNumber { get; private set; }

    /// <summary>End of exposure on the wall clock, UTC; for people.</summary>
    public DateTimeOffset CapturedAt { get; private set; }

    /// <summary>End of exposure on the monotonic clock (<see cref="TimeProvider.GetTimestamp"/>); for durations.</summary>
    public long Timestamp { get; private set; }

    /// <summary>Whether every byte arrived. Half a frame is handed out, flagged; the missing rows are zero.</summary>
    public bool IsComplete { get; private set; } = true;

    /// <summary>The file that it was read from; null when the frame comes from no file.</summary>
    public FileStamp? File { get; private set; }

    /// <summary>The file's name without folder; null when the frame comes from no file.</summary>
    public string? FileName => File?.Name;

    /// <summary>The part's id out of the file's name; null where none is looked for or found.</summary>
    public string? PartId { get; private set; }

    /// <summary>Why there are no pixels although something came: a file that can't be read; null for a frame. For people.</summary>
    public string? Refusal { get; }

    /// <summary>The bytes, <see cref="FrameShape.ByteCount"/> of them; valid until <see cref="Dispose"/>.</summary>
    /// <exception cref="ObjectDisposedException">The frame has been disposed.</exception>
    public Span<byte> Pixels => Memory.Span;

    /// <summary>As <see cref="Pixels"/>, for reading a file or socket into it.</summary>
    /// <exception cref="ObjectDisposedException">The frame has been disposed.</exception>
    public Memory<byte> Memory
    {
        get
        {
            byte[]? memory = Volatile.Read(ref _memory);
            ObjectDisposedException.ThrowIf(memory is null, this);
            return memory.AsMemory(0, Shape.ByteCount);
        }
    }

    /// <summary>Says when and as what the frame was taken. Called by its source before it hands the frame out.</summary>
    /// <param name="id">The source's frame number.</param>
    /// <param name="capturedAt">End of exposure, UTC.</param>
    /// <param name="timestamp">The same moment on the monotonic clock.</param>
    /// <param name="triggerNumber">The trigger that it answers, or null.</param>
    /// <param name="isComplete">Whether every byte arrived.</param>
    public void Stamp(ulong id, DateTimeOffset capturedAt, long timestamp, long? triggerNumber = null, bool isComplete = true)
    {
        (Id, CapturedAt, Timestamp) = (id, capturedAt, timestamp);
        (TriggerNumber, IsComplete) = (triggerNumber, isComplete);
    }

    /// <summary>Something that came by itself and can't be read; without pixels, for whoever has to answer for the part.</summary>
    internal static Frame Refused(string reason) => new(reason);

    /// <summary>Ties the frame to a file and to what happens with that file in the end.</summary>
    internal void StampFile(FileStamp file, string? partId, Action<FrameOutcome, string?> settle) =>
        (File, PartId, _settle) = (file, partId, settle);

    /// <summary>
    /// Tells the source what became of the frame, once, before or after <see cref="Dispose"/>; later calls do nothing. A file whose frame
    /// is never settled stays where it is and comes again after the source has been reopened, so nothing is lost when the program dies in
    /// between.
    /// </summary>
    /// <param name="outcome">What became of it.</param>
    /// <param name="reason">For people; written beside a rejected file.</param>
    public void Settle(FrameOutcome outcome, string? reason = null) => Interlocked.Exchange(ref _settle, null)?.Invoke(outcome, reason);

    /// <summary>Throws if the frame isn't what the recipe counts on.</summary>
    /// <param name="expected">Size and format; compared for frames of pixels only, as encoded bytes show theirs when decoded.</param>
    /// <exception cref="FrameException"><see cref="FrameFault.Incomplete"/> or <see cref="FrameFault.WrongSize"/>.</exception>
    public void EnsureUsable(FrameShape? expected = null)
    {
        if (!IsComplete)
            throw new FrameException(FrameFault.Incomplete, $"frame {Id} is not complete: rows are missing");
        if (expected is { } shape && Format != PixelFormat.Encoded && (Width, Height, Format) != (shape.Width, shape.Height, shape.Format))
            throw new FrameException(FrameFault.WrongSize, $"frame {Id} is {Shape}; expected {shape}");
    }

    /// <summary>Gives the pixel memory back; safe to call twice and from any thread.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _memory, null) is { } memory)
            _pool?.Return(memory);
    }
}
