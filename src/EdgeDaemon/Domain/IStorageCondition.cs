namespace ClipFusion.EdgeDaemon.Domain;

/// <summary>What those who write beside the database have to know of it.</summary>
internal interface IStorageCondition
{
    /// <summary>Whether there is room for images.</summary>
    bool ImagesAllowed { get; }

    /// <summary>Whether nobody waits for the database's writer.</summary>
    bool IsIdle { get; }

    /// <summary>Whether the wall clock can be believed: nothing is deleted by age before.</summary>
    bool IsClockTrusted { get; }
}
