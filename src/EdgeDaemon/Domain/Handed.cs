namespace ClipFusion.EdgeDaemon.Domain;

/// <summary>Who may have handed a row to a broker, as the disk knows it.</summary>
internal enum Handed
{
    /// <summary>Nobody, surely: before it goes out that has to be noted.</summary>
    Never,

    /// <summary>Perhaps this process, which knows itself whether it did.</summary>
    ByThisProcess,

    /// <summary>Perhaps an earlier process: the next sending may be the second one.</summary>
    ByAnEarlierProcess,
}
