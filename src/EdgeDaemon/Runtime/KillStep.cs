namespace ClipFusion.EdgeDaemon.Runtime;

/// <summary>Instants between two steps of the flow where a test may cut the power.</summary>
internal enum KillStep
{
    /// <summary>A trigger came, nothing was done about it.</summary>
    Received,

    /// <summary>It is accepted and on the disk; not acked.</summary>
    Accepted,

    /// <summary>The ack went to the broker; the store does not know.</summary>
    Acked,

    /// <summary>The store knows of the ack.</summary>
    AckMarked,

    /// <summary>The frame is there and waits for its turn.</summary>
    Framed,

    /// <summary>The networks are this inspection's; nothing ran.</summary>
    TurnTaken,

    /// <summary>The fast profile's result is held for the deadline, others are still to run.</summary>
    Held,

    /// <summary>Steps 3 to 7 are done; nobody was told.</summary>
    Judged,

    /// <summary>The verdict is final and not stored.</summary>
    Decided,

    /// <summary>The verdict is stored; delivery was not woken.</summary>
    Stored,

    /// <summary>The broker has the verdict; the store does not know.</summary>
    Handed,

    /// <summary>The store knows of the delivery.</summary>
    Delivered,

    /// <summary>The verdict of a file is stored; the file was not put away.</summary>
    Settling,

    /// <summary>A recipe is loaded; the station still has the one before.</summary>
    RecipeLoaded,

    /// <summary>The recipe's name is on the disk; the station still has the one before.</summary>
    RecipeRemembered,

    /// <summary>A reference picture is on the disk; the draft does not know of it.</summary>
    ReferenceStored,

    /// <summary>The draft knows of the picture; nobody was told.</summary>
    ReferenceListed,

    /// <summary>A draft is nobody's any more; its pictures are still there.</summary>
    DraftCancelled,

    /// <summary>References were judged against each other; the set is still a draft.</summary>
    ReferencesCompared,

    /// <summary>A set is described in a folder that has not its name yet.</summary>
    SetDescribed,

    /// <summary>A set has its number; its thresholds are not on the disk.</summary>
    SetNumbered,

    /// <summary>A set is the active one on the disk; the station judges by the one before.</summary>
    SetActivated,
}
