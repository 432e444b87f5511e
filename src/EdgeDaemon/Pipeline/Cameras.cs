using System.Diagnostics;
using ClipFusion.Camera;
using ClipFusion.Camera.Folder;
using ClipFusion.Camera.Simulation;
using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.Imaging;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>The cameras that a configuration can name.</summary>
internal static class Cameras
{
    private static readonly TimeSpan FastestScan = TimeSpan.FromMilliseconds(250),
        SlowestScan = TimeSpan.FromSeconds(1);

    /// <summary>A station's camera, closed.</summary>
    /// <param name="station">The station's configuration.</param>
    /// <param name="time">Clocks.</param>
    /// <param name="log">Where a person reads of it; null for nowhere.</param>
    /// <param name="files">Which files are an inspection's already; null where nobody remembers.</param>
    /// <param name="unanswered">Triggers that an earlier run has answered without a file.</param>
    public static IFrameSource Of(
        StationConfig station,
        TimeProvider time,
        CameraLog? log = null,
        HandedFiles? files = null,
        IReadOnlyList<TriggerContext>? unanswered = null
    ) =>
        station.Camera switch
        {
            FolderCameraConfig { Replay: false } folder => new FolderCamera(OptionsOf(folder, log, files, unanswered ?? []), time),
            FolderCameraConfig folder => new ReplayCamera(folder.Folder, time, OptionsOf(folder, log, files, [])),
            SimulatedCameraConfig simulated => new SimulatedCamera(
                new SimulatedLine(LineOf(simulated)),
                new SimulatedCameraOptions { FrameInterval = simulated.FrameInterval },
                time
            ),
            _ => throw new UnreachableException($"station '{station.Name}': a camera of the kind {station.Camera.GetType().Name}"),
        };

    /// <summary>The line that a simulated camera looks at.</summary>
    public static LineOptions LineOf(SimulatedCameraConfig simulated) =>
        new()
        {
            Seed = (ulong)simulated.Seed,
            Width = simulated.Width,
            Height = simulated.Height,
            DefectRate = simulated.DefectRate,
            Material = simulated.Material ?? Material.CircuitBoard,
        };

    private static FolderOptions OptionsOf(
        FolderCameraConfig folder,
        CameraLog? log,
        HandedFiles? files,
        IReadOnlyList<TriggerContext> unanswered
    ) =>
        new()
        {
            Path = folder.Folder,
            StableFor = folder.Settle,
            // A polled folder can't tell sooner than it is listed.
            ScanEvery =
                folder.Settle < FastestScan ? FastestScan
                : folder.Settle > SlowestScan ? SlowestScan
                : folder.Settle,
            // Files that came while the program was away are parts too.
            ReplayExisting = true,
            WatchMode = folder.Watch,
            Files = folder.Files,
            PartIdFromName = folder.PartIdFromName is { } expression ? FolderCameraReader.Expression(expression) : null,
            Match = folder.Match,
            MatchWindow = folder.MatchWindow,
            MaxFileBytes = folder.MaxFileMb << 20,
            Check = Look,
            Note = log is null ? null : log.Note,
            WasHandedOut = files is null ? null : files.WasHandedOut,
            PutAway = files is null ? null : files.PutAway,
            Unanswered = unanswered,
        };

    /// <summary>What a decoder would make of a file, told from its structure alone.</summary>
    internal static PictureFinding Look(ReadOnlySpan<byte> file)
    {
        try
        {
            ImageCodec.ReadHeader(file);
            return default;
        }
        catch (ImageFormatException e)
        {
            string why = e.InnerException?.Message ?? e.Message;
            return e.Problem switch
            {
                ImageProblem.NoPicture => new PictureFinding(PictureState.NoPicture, why),
                // Waiting makes no PNG of it: it is handed out, and its part is answered with the decoder's reason.
                ImageProblem.OtherKind => default,
                _ => new PictureFinding(PictureState.CutOff, why),
            };
        }
    }
}
