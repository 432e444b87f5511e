namespace ClipFusion.EdgeDaemon.Pictures;

/// <summary>What a judged frame is wanted for.</summary>
[Flags]
internal enum PictureUses
{
    /// <summary>Nothing: it is given back at once.</summary>
    None = 0,

    /// <summary>The image archive.</summary>
    Archive = 1,

    /// <summary>The heatmap over MQTT.</summary>
    Heatmap = 2,

    /// <summary>The page: at once while somebody looks, else as one of the <see cref="LastFrames"/>.</summary>
    Page = 4,
}
