using System.Diagnostics;
using ClipFusion.Camera;
using ClipFusion.Camera.Folder;
using ClipFusion.Camera.Simulation;
using ClipFusion.EdgeDaemon.Configuration;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>The cameras that a configuration can name.</summary>
internal static class Cameras
{
    /// <summary>A station's camera, closed.</summary>
    public static IFrameSource Of(StationConfig station, TimeProvider time) => station.Camera switch
    {
        // Files that came while the program was away are parts too.
        FolderCameraConfig { Replay: false } folder => new FolderCamera(new FolderOptions { Path = folder.Folder, StableFor = folder.Settle, ReplayExisting = true }, time),
        FolderCameraConfig folder => new ReplayCamera(folder.Folder, time),
        SimulatedCameraConfig simulated => new SimulatedCamera(new SimulatedLine(LineOf(simulated)), new SimulatedCameraOptions { FrameInterval = simulated.FrameInterval }, time),
        _ => throw new UnreachableException($"station '{station.Name}': a camera of the kind {station.Camera.GetType().Name}"),
    };

    /// <summary>The line that a simulated camera looks at.</summary>
    public static LineOptions LineOf(SimulatedCameraConfig simulated) => new()
    {
        Seed = (ulong)simulated.Seed,
        Width = simulated.Width,
        Height = simulated.Height,
        DefectRate = simulated.DefectRate,
        Material = simulated.Material ?? Material.CircuitBoard,
    };
}
