namespace ClipFusion.EdgeDaemon.Domain;

/// <summary>Where heatmaps go.</summary>
internal interface IHeatmapPublisher
{
    /// <summary>Largest picture in bytes.</summary>
    const int MaximumBytes = 512 << 10;

    /// <summary>Takes a picture without waiting.</summary>
    /// <param name="station">Name of the station.</param>
    /// <param name="inspectionId">ULID.</param>
    /// <param name="contentType">Media type, for example image/jpeg.</param>
    /// <param name="picture">The encoded picture; the publisher's from here.</param>
    /// <param name="memory">Where the picture lies: disposed when nobody reads it any more. Null for memory that is nobody's.</param>
    /// <returns>False when it is larger than <see cref="MaximumBytes"/> and was dropped.</returns>
    bool TrySend(string station, string inspectionId, string contentType, ReadOnlyMemory<byte> picture, IDisposable? memory = null);
}
