using ClipFusion.Camera;

namespace ClipFusion.EdgeDaemon.Storage;

/// <content>Files that inspections were made of, so that none is handed out twice.</content>
internal sealed partial class InspectionStore
{
    /// <summary>Files that belong to an inspection of a station and were not seen leaving their folder.</summary>
    /// <param name="station">Name of the station.</param>
    /// <returns>All of them: few, unless files can't be moved away.</returns>
    /// <exception cref="StorageUnavailableException">Nothing can be stored at present.</exception>
    internal Task<List<HandedFile>> ReadHandedFilesAsync(string station) =>
        _writer.SubmitAsync(session => session.ReadHandedFiles(station));

    /// <summary>Notes whose a file is, and that others have gone. Written before any verdict that is stored after this call.</summary>
    /// <param name="inspectionId">Its inspection.</param>
    /// <param name="station">Name of the station.</param>
    /// <param name="file">The file.</param>
    /// <param name="gone">Files that have left their folder since.</param>
    /// <exception cref="StorageUnavailableException">Nothing can be stored.</exception>
    internal Task NoteFileAsync(string inspectionId, string station, FileStamp file, IReadOnlyList<FileStamp> gone) =>
        WriteAsync(session =>
        {
            foreach (FileStamp old in gone)
                session.Files.Delete(station, old);
            session.Files.Insert(inspectionId, station, file);
        });
}
