using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Pictures;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>What stations tell the rest of the appliance. Made first, handed to those who tell and to those who listen. Handlers return at
/// once.</summary>
internal sealed class StationEvents
{
    /// <summary>Exposure is over: the part may move.</summary>
    public event Action<AcceptedInspection>? FrameTaken;

    /// <summary>A verdict is on the disk.</summary>
    public event Action<VerdictRecord>? VerdictStored;

    /// <summary>A frame with its stored verdict. It is lent: whoever wants more of it than the call copies it, and may take its
    /// map.</summary>
    public event Action<JudgedFrame>? FrameJudged;

    public void TellFrameTaken(AcceptedInspection inspection) => FrameTaken?.Invoke(inspection);

    public void TellVerdictStored(VerdictRecord verdict) => VerdictStored?.Invoke(verdict);

    /// <summary>Takes the frame over: it is disposed when everybody was told.</summary>
    public void TellFrameJudged(JudgedFrame judged)
    {
        using (judged)
            FrameJudged?.Invoke(judged);
    }
}
