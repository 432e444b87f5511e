using System.Collections.Concurrent;
using ClipFusion.Camera;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Storage;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>
/// Which files of a station's folder are an inspection's already. A file is handed out once, whatever happens to the program or to its
/// moving away. Safe for several threads.
/// </summary>
internal sealed class HandedFiles
{
    private const int MostGone = 256;

    private readonly InspectionStore _store;
    private readonly string _station;

    /// <summary>What earlier runs have left behind, by file.</summary>
    private readonly ConcurrentDictionary<FileStamp, string> _left;

    /// <summary>Files that are away and whose rows are to be deleted with the next note: a row too many costs nothing but its
    /// bytes.</summary>
    private readonly ConcurrentQueue<FileStamp> _gone = new();

    private HandedFiles(InspectionStore store, string station, IEnumerable<HandedFile> left)
    {
        (_store, _station) = (store, station);
        _left = new(left.Select(f => KeyValuePair.Create(f.File, f.InspectionId)));
    }

    /// <summary>The memory of a station.</summary>
    /// <exception cref="StorageUnavailableException">It can't be read.</exception>
    public static async Task<HandedFiles> LoadAsync(InspectionStore store, string station) =>
        new(store, station, (await store.ReadHandedFilesAsync(station).ConfigureAwait(false)).DistinctBy(f => f.File));

    /// <summary>Whether an earlier run has handed the file out.</summary>
    public bool WasHandedOut(FileStamp file) => _left.ContainsKey(file);

    /// <summary>Whether an inspection of an earlier run had its file.</summary>
    public bool HasFile(AcceptedInspection inspection) => _left.Values.Contains(inspection.Id, StringComparer.Ordinal);

    /// <summary>A file has left its folder: the same file put back by a person is a new part.</summary>
    public void PutAway(FileStamp file)
    {
        _left.TryRemove(file, out _);
        if (_gone.Count < MostGone)
            _gone.Enqueue(file);
    }

    /// <summary>
    /// Notes whose a file is. It need not be waited for: the store writes in the order of the calls, so the note is on the disk before the
    /// verdict is.
    /// </summary>
    public async Task NoteAsync(AcceptedInspection inspection, FileStamp file)
    {
        var gone = new List<FileStamp>();
        while (_gone.TryDequeue(out FileStamp? old))
            gone.Add(old);
        try
        {
            await _store.NoteFileAsync(inspection.Id, _station, file, gone).ConfigureAwait(false);
        }
        catch (Exception e) when (e is StorageUnavailableException or ObjectDisposedException)
        {
            // Then no verdict of this run can be stored either; the store says so, and the next start answers for the inspection.
        }
    }
}
