using System.Globalization;
using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Storage;
using ClipFusion.Foundation.Files;

namespace ClipFusion.EdgeDaemon.Pictures;

/// <summary>
/// Encoded images of one station by inspection, as files <c>2026-01-31/ng/01J….png</c>. Nothing here throws on a failing disk: an image is
/// worth less than a verdict. Safe for several threads.
/// </summary>
/// <remarks>
/// <para>Files are complete or absent while the system runs (written under another name, then renamed), and are not flushed: a power cut
/// may cost the newest ones, which are then removed at the next start if they are empty.</para>
/// <para>NG outlives OK: at the cap the oldest OK goes first; by age OK goes after <see cref="ImageConfig.MaxDays"/>, the rest with its
/// inspection.</para>
/// </remarks>
internal sealed class ImageArchive
{
    private const string DayFormat = "yyyy-MM-dd",
        OkFolder = "ok";

    // What versions before AtomicFile left behind when they were killed.
    private const string FormerTemporarySuffix = ".part";

    // Eviction goes on below the cap, so that the folders are not walked for every image.
    private const double LowWater = 0.95;

    private static readonly string[] OtherFolders = ["notjudged", "review", "ng"];

    private readonly Lock _gate = new();
    private readonly string _root;
    private readonly TimeProvider _time;
    private readonly Func<bool> _isAllowed;
    private volatile ImageLimits _limits;

    /// <summary>Counts what is there and removes what a crash has left half done.</summary>
    /// <param name="dataFolder">The data folder; the images are in <c>images/{station}</c> below it, which is made when needed.</param>
    /// <param name="station">Name of the station.</param>
    /// <param name="limits">What is kept, and how long.</param>
    /// <param name="time">Wall clock; names of days are UTC.</param>
    /// <param name="isAllowed">Whether images may be written now, such as <see cref="StorageState.ImagesAllowed"/>.</param>
    public ImageArchive(string dataFolder, string station, ImageLimits limits, TimeProvider time, Func<bool> isAllowed)
    {
        (_root, _limits, _time, _isAllowed) = (Path.Combine(dataFolder, "images", station), limits, time, isAllowed);
        lock (_gate)
            Attempt(CountFiles);
    }

    /// <summary>What is kept, and how long; may be replaced at any time and counts from then on.</summary>
    public ImageLimits Limits
    {
        get => _limits;
        set => _limits = value;
    }

    /// <summary>Bytes of all images.</summary>
    public long Bytes { get; private set; }

    /// <summary>Images that could not be written, since start.</summary>
    public long Failures { get; private set; }

    /// <summary>Images deleted because of the caps, since start.</summary>
    public long Evicted { get; private set; }

    /// <summary>The last error; null for none.</summary>
    public string? LastError { get; private set; }

    /// <summary>Whether an image would be stored now: ask before it is encoded.</summary>
    /// <param name="inspection">Whose it is.</param>
    /// <param name="verdict">Its verdict.</param>
    /// <returns><see cref="ImageOutcome.Stored"/> when <see cref="Store"/> would try; otherwise what that would answer.</returns>
    public ImageOutcome Expect(AcceptedInspection inspection, Verdict verdict) =>
        !_limits.Wants(inspection.Sequence, verdict) ? ImageOutcome.NotWanted
        : _isAllowed() ? ImageOutcome.Stored
        : ImageOutcome.Stopped;

    /// <summary>
    /// Stores an image if the station's policy wants it and the disk allows it. Writes to the disk, and may first have to delete older
    /// images: not for the thread that judges.
    /// </summary>
    /// <param name="inspection">Whose it is; of this station.</param>
    /// <param name="verdict">Its verdict.</param>
    /// <param name="encoded">The file's bytes; not kept.</param>
    /// <param name="suffix">End of the name, such as <c>.png</c> or <c>-overlay.jpg</c>.</param>
    /// <returns>What became of it.</returns>
    public ImageOutcome Store(AcceptedInspection inspection, Verdict verdict, ReadOnlySpan<byte> encoded, string suffix)
    {
        if (Expect(inspection, verdict) is not ImageOutcome.Stored and var no)
            return no;
        string folder = Path.Combine(_root, DayOf(inspection), FolderOf(verdict));
        string path = Path.Combine(folder, inspection.Id + suffix);
        lock (_gate)
        {
            try
            {
                long cap = _limits.Bytes;
                if (Bytes + encoded.Length > cap)
                    EvictTo((long)(cap * LowWater) - encoded.Length, int.MaxValue);
                Directory.CreateDirectory(folder);
                long before = File.Exists(path) ? new FileInfo(path).Length : 0;
                AtomicFile.Write(path, Durability.Process, encoded);
                Bytes += encoded.Length - before;
                return ImageOutcome.Stored;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Failures++;
                LastError = e.Message;
                return ImageOutcome.Failed;
            }
        }
    }

    /// <summary>The files of an inspection.</summary>
    /// <param name="inspection">Whose they are.</param>
    /// <returns>Full paths; empty when none was kept, or the caps have taken them.</returns>
    public IReadOnlyList<string> Find(AcceptedInspection inspection)
    {
        var found = new List<string>();
        string day = Path.Combine(_root, DayOf(inspection));
        foreach (string kind in OtherFolders.Append(OkFolder))
        {
            Attempt(() => found.AddRange(Files(Path.Combine(day, kind), inspection.Id + "*")));
        }

        return found;
    }

    /// <summary>Deletes some images that are too old, then some that a cap which was lowered no longer allows.</summary>
    /// <param name="limit">Files at most.</param>
    /// <param name="byAge">Whether the wall clock can be believed: otherwise nothing is too old.</param>
    /// <returns>How many went; fewer than the limit when nothing is left to delete.</returns>
    public int RetainStep(int limit, bool byAge = true)
    {
        int deleted = 0;
        ImageLimits limits = _limits;
        DateTime today = _time.GetUtcNow().UtcDateTime.Date;
        lock (_gate)
        {
            Attempt(() =>
            {
                foreach ((string folder, DateTime day) in byAge ? Days() : [])
                {
                    if (day < today.AddDays(-limits.OkDays))
                        deleted += DeleteSome(Path.Combine(folder, OkFolder), limit - deleted);
                    if (day >= today.AddDays(-limits.OtherDays))
                        continue;
                    foreach (string kind in OtherFolders)
                        deleted += DeleteSome(Path.Combine(folder, kind), limit - deleted);
                }

                if (Bytes > limits.Bytes)
                    deleted += EvictTo((long)(limits.Bytes * LowWater), limit - deleted);
            });
        }

        return deleted;
    }

    private static string DayOf(AcceptedInspection inspection) =>
        inspection.AcceptedAt.UtcDateTime.ToString(DayFormat, CultureInfo.InvariantCulture);

    private static string FolderOf(Verdict verdict) => verdict == Verdict.Ok ? OkFolder : verdict.ToString().ToLowerInvariant();

    private int EvictTo(long bytes, int limit)
    {
        int deleted = 0;
        foreach (string[] kinds in new[] { [OkFolder], OtherFolders })
        {
            foreach ((string folder, _) in Days())
            {
                foreach (string kind in kinds)
                {
                    if (Bytes > bytes)
                        deleted += DeleteSome(Path.Combine(folder, kind), limit - deleted, bytes);
                }
            }
        }

        Evicted += deleted;
        return deleted;
    }

    // Names are ULIDs, so their order is that of the inspections; where the whole folder goes anyway, nobody has to wait for sorting it.
    private int DeleteSome(string folder, int limit, long untilBytes = -1)
    {
        int deleted = 0;
        if (limit <= 0)
            return deleted;
        bool isOrdered = untilBytes >= 0;
        foreach (string path in isOrdered ? Files(folder, "*").Order(StringComparer.Ordinal) : Files(folder, "*"))
        {
            if (deleted >= limit || Bytes <= untilBytes)
                return deleted;
            var file = new FileInfo(path);
            long length = file.Length;
            file.Delete();
            Bytes -= length;
            deleted++;
        }

        DeleteIfEmpty(folder);
        DeleteIfEmpty(Path.GetDirectoryName(folder)!);
        return deleted;
    }

    private void CountFiles()
    {
        foreach ((string folder, _) in Days())
        {
            foreach (
                FileInfo file in OtherFolders
                    .Append(OkFolder)
                    .SelectMany(kind => Files(Path.Combine(folder, kind), "*"))
                    .Select(f => new FileInfo(f))
            )
            {
                if (file.Length == 0 || AtomicFile.IsTemporary(file.Name) || file.Extension == FormerTemporarySuffix)
                    file.Delete();
                else
                    Bytes += file.Length;
            }
        }
    }

    private IEnumerable<(string Folder, DateTime Day)> Days()
    {
        if (!Directory.Exists(_root))
            yield break;
        foreach (string folder in Directory.EnumerateDirectories(_root).Order(StringComparer.Ordinal).ToArray())
        {
            bool isDay = DateTime.TryParseExact(
                Path.GetFileName(folder),
                DayFormat,
                CultureInfo.InvariantCulture,
                DateTimeStyles.None,
                out DateTime day
            );
            if (isDay)
                yield return (folder, day);
        }
    }

    private static IEnumerable<string> Files(string folder, string pattern) =>
        Directory.Exists(folder) ? Directory.EnumerateFiles(folder, pattern) : [];

    private static void DeleteIfEmpty(string folder)
    {
        if (Directory.Exists(folder) && !Directory.EnumerateFileSystemEntries(folder).Any())
            Directory.Delete(folder);
    }

    private void Attempt(Action work)
    {
        try
        {
            work();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LastError = e.Message;
        }
    }
}
