namespace ClipFusion.EdgeDaemon.Domain;

/// <summary>Where a threshold comes from, and so what it promises.</summary>
public enum ThresholdState
{
    /// <summary>From nothing but the references' own left-out scores: nothing is promised.</summary>
    Provisional,

    /// <summary>From confirmed good parts that are not among the references: the wanted rate holds.</summary>
    Calibrated,

    /// <summary>Somebody has written it down.</summary>
    ByHand,
}
