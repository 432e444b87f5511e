using ClipFusion.Camera;
using ClipFusion.Camera.Folder;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Runtime;
using Microsoft.Extensions.Logging;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>What a person reads of a station's camera: that it went and came, what became of its files, and why a frame was not judged.
/// Safe for several threads.</summary>
/// <param name="station">Name of the station.</param>
/// <param name="log">The log.</param>
internal sealed partial class CameraLog(string station, ILogger log)
{
    private int _wasLost,
        _isStuck;

    /// <summary>The camera's state has changed.</summary>
    public void Changed(SourceState state)
    {
        if (state.Status == SourceStatus.Lost)
        {
            Interlocked.Exchange(ref _wasLost, 1);
            LogLost(station, state.Reason ?? "it does not say why");
        }
        else if (state.Status == SourceStatus.Connected && Interlocked.Exchange(ref _wasLost, 0) != 0)
        {
            LogBack(station);
        }
    }

    /// <summary>A folder camera has something to tell.</summary>
    public void Note(FolderNote note)
    {
        switch (note.Kind)
        {
            case FolderNoteKind.Stuck:
                // Once, not for every part of a night.
                if (Interlocked.Exchange(ref _isStuck, 1) == 0)
                    LogStuck(station, note.File, note.Why);
                break;
            case FolderNoteKind.MovedAgain:
                if (Interlocked.Exchange(ref _isStuck, 0) != 0)
                    LogMovedAgain(station);
                break;
            case FolderNoteKind.Ignored:
                LogIgnored(station, note.File, note.Why);
                break;
            case FolderNoteKind.HandedOutBefore:
                LogHandedOutBefore(station, note.File);
                break;
            default:
                LogUnmatched(station, note.File, note.Why);
                break;
        }
    }

    /// <summary>An inspection has no usable frame.</summary>
    public void NotJudged(AcceptedInspection inspection, Code reason, string why) =>
        LogNotJudged(station, inspection.Sequence, reason.ToText(), why);

    [OperatorAction(
        "See why. A picture that can't be decoded lies in rejected/ with its reason; look at what writes it. Without a frame: look at "
            + "the camera and at what triggers it."
    )]
    [LoggerMessage(8100, LogLevel.Warning, "Station {Station}, sequence {Sequence}: NOT_JUDGED, {Reason}: {Why}")]
    private partial void LogNotJudged(string station, long sequence, string reason, string why);

    [OperatorAction(
        "See why: cable, power, a folder or share that is gone or may not be read. Triggers are refused NOT_READY until it is back; it "
            + "is looked for every second."
    )]
    [LoggerMessage(8101, LogLevel.Error, "Station {Station}: the camera is lost: {Why}")]
    private partial void LogLost(string station, string why);

    [OperatorAction("Nothing.")]
    [LoggerMessage(8102, LogLevel.Information, "Station {Station}: the camera is back")]
    private partial void LogBack(string station);

    [OperatorAction(
        "Let the service's user write and rename in the folder and in its done/ and rejected/ (config check tries it). No file is "
            + "judged twice meanwhile, but the folder fills up."
    )]
    [LoggerMessage(8103, LogLevel.Error, "Station {Station}: {File} can't be moved away, and perhaps others after it: {Why}")]
    private partial void LogStuck(string station, string file, string why);

    [OperatorAction("Nothing. Files that could not be moved before stay where they are until the next start.")]
    [LoggerMessage(8104, LogLevel.Information, "Station {Station}: files can be moved away again")]
    private partial void LogMovedAgain(string station);

    [OperatorAction(
        "Nothing, if it is no picture. Otherwise set the camera's files to a pattern that its name fits, or look at what writes it. "
            + "Said once for each ending."
    )]
    [LoggerMessage(8105, LogLevel.Warning, "Station {Station}: {File} is passed over and answers no trigger: {Why}")]
    private partial void LogIgnored(string station, string file, string why);

    [OperatorAction("Nothing. Its part has its verdict, or was answered as interrupted.")]
    [LoggerMessage(
        8106,
        LogLevel.Warning,
        "Station {Station}: {File} was given to an inspection before the program was restarted; it is put away and not judged again"
    )]
    private partial void LogHandedOutBefore(string station, string file);

    [OperatorAction(
        "Look at why the picture comes late or without a trigger. It lies in rejected/ with its reason; no part was judged by it."
    )]
    [LoggerMessage(8107, LogLevel.Warning, "Station {Station}: {File} answers no trigger and is put away: {Why}")]
    private partial void LogUnmatched(string station, string file, string why);
}
