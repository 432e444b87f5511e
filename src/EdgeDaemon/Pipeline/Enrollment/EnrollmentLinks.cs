using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Pictures;
using ClipFusion.EdgeDaemon.Runtime;
using ClipFusion.EdgeDaemon.Storage;
using Microsoft.Extensions.Logging;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>What the enrolments of all stations share.</summary>
/// <param name="References">The reference sets.</param>
/// <param name="Recipes">Makes recipes active.</param>
/// <param name="Networks">The networks.</param>
/// <param name="Turns">Who has them.</param>
/// <param name="Inspections">What was inspected.</param>
/// <param name="Archives">The stations' images.</param>
/// <param name="Live">Where recipes lie, and how many threads there are.</param>
/// <param name="Tell">Publishes how far the enrolment of a station is.</param>
/// <param name="Log">Where failures are noted.</param>
/// <param name="Time">Clocks.</param>
internal sealed record EnrollmentLinks(
    ReferenceStore References,
    RecipeActivator Recipes,
    WarmNetworks Networks,
    NetworkScheduler Turns,
    InspectionStore Inspections,
    ImageArchives Archives,
    LiveConfig Live,
    Action<string, EnrollProgressMessage, byte[]?> Tell,
    ILogger Log,
    TimeProvider Time
);
