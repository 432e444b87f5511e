namespace ClipFusion.Camera.Simulation;

/// <summary>How the simulated camera behaves.</summary>
public sealed record SimulatedCameraOptions
{
    /// <summary>From trigger to frame, on top of the time that rendering takes; 0 or more.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>Time between self-arriving frames; null for a camera that only answers triggers.</summary>
    public TimeSpan? FrameInterval { get; init; }

    /// <summary>Self-arriving frames that may wait for their reader, at least 1.</summary>
    public int QueueCapacity { get; init; } = 4;

    /// <summary>What happens to self-arriving frames when that many wait.</summary>
    public FullPolicy WhenFull { get; init; } = FullPolicy.DropOldest;

    /// <summary>Frames that may exist at the same time, at least 1; triggers wait for a free one, self-arriving frames are
    /// dropped.</summary>
    public int BufferCount { get; init; } = 8;

    /// <summary>Triggers that may wait for their frames at the same time, at least 1.</summary>
    public int MaxWaitingTriggers { get; init; } = 64;

    /// <summary>What goes wrong; the first rule that applies to a part counts.</summary>
    public IReadOnlyList<CameraFaultRule> Faults { get; init; } = [];
}
