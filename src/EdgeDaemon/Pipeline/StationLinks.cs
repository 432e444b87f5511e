using ClipFusion.EdgeDaemon.Diagnostics;
using ClipFusion.EdgeDaemon.Inspections;
using ClipFusion.EdgeDaemon.Storage;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>What a station shares with the others, and whom it tells.</summary>
/// <param name="Store">Inspections and outbox.</param>
/// <param name="Judge">The networks.</param>
/// <param name="Heartbeats">Where each loop gives its sign of life.</param>
/// <param name="Metrics">Where everything is counted.</param>
/// <param name="FrameTaken">Told that exposure is over; must not wait.</param>
/// <param name="Judged">Told of every stored verdict; must not wait.</param>
/// <param name="Pictures">Takes every judged frame over and disposes it; must not wait.</param>
internal sealed record StationLinks(InspectionStore Store, Judge Judge, Heartbeats Heartbeats, ApplianceMetrics Metrics, Action<AcceptedInspection> FrameTaken, Action<VerdictRecord> Judged, Action<JudgedFrame> Pictures);
