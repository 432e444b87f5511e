namespace ClipFusion.Camera;

/// <summary>Asks a source for one frame.</summary>
/// <param name="Number">Never used twice at one source; the frame brings it back as <see cref="Frame.TriggerNumber"/>. A station's sequence
/// number fits.</param>
/// <param name="Timeout">How long to wait for the frame; more than zero.</param>
/// <param name="TriggerId">The caller's id, for sources that match by name; null for none.</param>
/// <param name="PartId">The part's id, for sources that match by name; null for none.</param>
/// <param name="AcceptedAt">Wall clock of the acceptance, UTC, for sources that match by time; null where nobody knows it.</param>
public readonly record struct TriggerContext(
    long Number,
    TimeSpan Timeout,
    string? TriggerId = null,
    string? PartId = null,
    DateTimeOffset? AcceptedAt = null
);

/// <summary>
/// Where frames come from. Opened once, used by any threads, disposed at the end. Either it is triggered or its own frames are streamed; a
/// lost source comes back by itself and says so through <see cref="StateChanged"/>.
/// </summary>
public interface IFrameSource : IAsyncDisposable
{
    /// <summary>Whether it is there, and why not.</summary>
    SourceState State { get; }

    /// <summary>What happened so far.</summary>
    FrameCounters Counters { get; }

    /// <summary>Whether frames that come by themselves wait for their reader (files do), instead of being lost when nobody takes them in
    /// time.</summary>
    bool FramesWait { get; }

    /// <summary>Whether triggers may wait side by side, each for its own frame; otherwise the next one is given to the source when the one
    /// before is answered.</summary>
    bool MatchesTriggers { get; }

    /// <summary>Raised after each change of <see cref="State"/>, on any thread; handlers must be quick and must not throw.</summary>
    event Action<SourceState>? StateChanged;

    /// <summary>Connects. A source that is not there now is no error: the state becomes lost and it is looked for again.</summary>
    /// <exception cref="InvalidOperationException">It is open already.</exception>
    ValueTask OpenAsync(CancellationToken cancellation = default);

    /// <summary>Disconnects, ends waiting triggers with <see cref="FrameFault.Disconnected"/> and streams without error. It may be opened
    /// again.</summary>
    ValueTask CloseAsync();

    /// <summary>Takes the one frame that belongs to this trigger. A frame that comes too late is thrown away and counted, never given to
    /// another trigger.</summary>
    /// <returns>The frame, to be disposed by the caller; look at <see cref="Frame.IsComplete"/>.</returns>
    /// <exception cref="FrameException">There is none, for the reason that it names.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    ValueTask<Frame> TriggerAsync(TriggerContext trigger, CancellationToken cancellation = default);

    /// <summary>
    /// Frames that come by themselves, to be disposed by the caller, until the source is closed or the caller gives up. One reader at a
    /// time. What came and can't be read is a frame with a <see cref="Frame.Refusal"/> and without pixels.
    /// </summary>
    /// <exception cref="InvalidOperationException">The source is closed, can't run by itself, or is being read already.</exception>
    IAsyncEnumerable<Frame> StreamAsync(CancellationToken cancellation = default);
}
