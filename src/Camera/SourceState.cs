namespace ClipFusion.Camera;

/// <summary>Whether a source can give frames.</summary>
public enum SourceStatus
{
    /// <summary>Not opened, or closed.</summary>
    Closed,

    /// <summary>There and ready.</summary>
    Connected,

    /// <summary>Opened but not there; it is looked for again.</summary>
    Lost,
}

/// <summary>Whether a source can give frames, and why not.</summary>
/// <param name="Status">One word.</param>
/// <param name="Reason">Why it is lost, or what is wrong with it although it gives frames, for people; null otherwise.</param>
public sealed record SourceState(SourceStatus Status, string? Reason = null)
{
    internal static readonly SourceState Closed = new(SourceStatus.Closed);
    internal static readonly SourceState Connected = new(SourceStatus.Connected);

    /// <summary>Gives frames, but somebody has to look: <paramref name="reason"/> says why.</summary>
    internal static SourceState Impaired(string reason) => new(SourceStatus.Connected, reason);

    internal static SourceState Lost(string reason) => new(SourceStatus.Lost, reason);

    /// <summary>Returns if the state is connected.</summary>
    /// <exception cref="FrameException"><see cref="FrameFault.Disconnected"/> with the reason.</exception>
    internal void EnsureConnected(string source)
    {
        if (Status != SourceStatus.Connected)
            throw new FrameException(FrameFault.Disconnected, $"{source} is {Describe()}");
    }

    private string Describe() => Status == SourceStatus.Lost ? $"lost: {Reason}" : "closed";
}
