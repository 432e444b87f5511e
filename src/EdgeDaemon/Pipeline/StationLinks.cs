using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Runtime;
using ClipFusion.EdgeDaemon.Storage;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>What a station shares with the others.</summary>
/// <param name="Store">Inspections and outbox.</param>
/// <param name="Judge">The networks.</param>
/// <param name="Heartbeats">Where each loop gives its sign of life.</param>
/// <param name="Metrics">Where everything is counted.</param>
/// <param name="Events">Whom it tells.</param>
/// <param name="Acks">Which acks are still to be said.</param>
internal sealed record StationLinks(
    InspectionStore Store,
    Judge Judge,
    Heartbeats Heartbeats,
    ApplianceMetrics Metrics,
    StationEvents Events,
    AckOrder Acks
);
