using System.Globalization;
using ClipFusion.EdgeDaemon.Inspections;

namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>
/// Encoded images by inspection, as files <c>2026-01-31/ng/line1_01J….png</c>. Nothing here throws on a failing disk: an image is worth less than a verdict.
/// Safe for several threads.
/// </summary>
/// <remarks>
/// Files are complete or absent while the system runs (written under another name, then renamed), and are not flushed: a power cut may cost the newest
/// ones, which are then removed at the next start if they are empty.
/// </remarks>
public sealed class ImageArchive
{
    private const string DayFormat = "yyyy-MM-dd", OkFolder = "ok", TemporarySuffix = ".part";

    // Eviction goes on below the cap, so that the folders are not walked for every image.
    private const double LowWater = 0.95;

    private static readonly string[] OtherFolders = ["notjudged", "review", "ng"];

    private readonly Lock _gate = new();
    private readonly string _root;
    private readonly ImageArchiveOptions _options;
    private readonly TimeProvider _time;
    private readonly Func<bool> _isAllowed;

    /// <summary>Counts what is there and removes what a crash has left half done.</summary>
    /// <param name="root">The archive's folder; made when needed.</param>
    /// <param name="options">Limits.</param>
    /// <param name="time">Wall clock; names of days are UTC.</param>
    /// <param name="isAllowed">Whether images may be written now, such as <see cref="StorageState.ImagesAllowed"/>.</param>
    public ImageArchive(string root, ImageArchiveOptions options, TimeProvider time, Func<bool> isAllowed)
    {
        (_root, _options, _time, _isAllowed) = (root, options, time, isAllowed);
        lock (_gate) Attempt(CountFiles);
    }

    /// <summary>Bytes of all images.</summary>
    public long Bytes { get; private set; }

    /// <summary>Images that could not be written, since start.</summary>
    public long Failures { get; private set; }

    /// <summary>Images deleted because of the caps, since start.</summary>
    public long Evicted { get; private set; }

    /// <summary>The last error; null for none.</summary>
    public string? LastError { get; private set; }

    /// <summary>Stores an image if the policy wants it and the disk allows it.</summary>
    /// <param name="inspection">Whose it is.</param>
    /// <param name="verdict">Its verdict.</param>
    /// <param name="policy">The station's.</param>
    /// <param name="encoded">The file's bytes; not kept.</param>
    /// <param name="suffix">End of the name, such as <c>.png</c> or <c>-overlay.jpg</c>.</param>
    /// <returns>What became of it.</returns>
    public ImageOutcome Store(AcceptedInspection inspection, Verdict verdict, ImagePolicy policy, ReadOnlySpan<byte> encoded, string suffix)
    {
        if (!IsWanted(inspection, verdict, policy)) return ImageOutcome.NotWanted;
        if (!_isAllowed()) return ImageOutcome.Stopped;
        string folder = Path.Combine(_root, inspection.AcceptedAt.UtcDateTime.ToString(DayFormat, CultureInfo.InvariantCulture), FolderOf(verdict));
        string path = Path.Combine(folder, $"{inspection.Station}_{inspection.Id}{suffix}"), temporary = path + TemporarySuffix;
        lock (_gate)
        {
            try
            {
                if (Bytes + encoded.Length > _options.Bytes) EvictTo((long)(_options.Bytes * LowWater) - encoded.Length);
                Directory.CreateDirectory(folder);
                File.WriteAllBytes(temporary, encoded);
                long before = File.Exists(path) ? new FileInfo(path).Length : 0;
                File.Move(temporary, path, overwrite: true);
                Bytes += encoded.Length - before;
                return ImageOutcome.Stored;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Failures++;
                LastError = e.Message;
                Attempt(() => File.Delete(temporary));
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
        string day = Path.Combine(_root, inspection.AcceptedAt.UtcDateTime.ToString(DayFormat, CultureInfo.InvariantCulture));
        foreach (string kind in OtherFolders.Append(OkFolder))
        {
            Attempt(() => found.AddRange(Files(Path.Combine(day, kind), $"{inspection.Station}_{inspection.Id}*").Select(f => f.FullName)));
        }

        return found;
    }

    /// <summary>Deletes some images that are too old; call it now and then while the wall clock can be believed.</summary>
    /// <param name="limit">Files at most.</param>
    /// <returns>How many went; fewer than the limit when nothing old is left.</returns>
    public int RetainStep(int limit)
    {
        int deleted = 0;
        DateTime today = _time.GetUtcNow().UtcDateTime.Date;
        lock (_gate)
        {
            Attempt(() =>
            {
                foreach ((string folder, DateTime day) in Days())
                {
                    if (day < today.AddDays(-_options.OkDays)) deleted += DeleteSome(Path.Combine(folder, OkFolder), limit - deleted);
                    if (day >= today.AddDays(-_options.OtherDays)) continue;
                    foreach (string kind in OtherFolders) deleted += DeleteSome(Path.Combine(folder, kind), limit - deleted);
                }
            });
        }

        return deleted;
    }

    private bool IsWanted(AcceptedInspection inspection, Verdict verdict, ImagePolicy policy) => policy switch
    {
        ImagePolicy.All => true,
        ImagePolicy.NgAndReview => verdict is Verdict.Ng or Verdict.Review,
        ImagePolicy.SampleOfOk => verdict != Verdict.Ok || inspection.Sequence % _options.OkSample == 0,
        _ => false,
    };

    private static string FolderOf(Verdict verdict) => verdict == Verdict.Ok ? OkFolder : verdict.ToString().ToLowerInvariant();

    private void EvictTo(long bytes)
    {
        foreach (string[] kinds in new[] { [OkFolder], OtherFolders })
        {
            foreach ((string folder, _) in Days())
            {
                foreach (string kind in kinds)
                {
                    if (Bytes <= bytes) return;
                    Evicted += DeleteSome(Path.Combine(folder, kind), int.MaxValue, bytes);
                }
            }
        }
    }

    // Names begin with the station, so the oldest of a day are found by their ULIDs.
    private int DeleteSome(string folder, int limit, long untilBytes = -1)
    {
        int deleted = 0;
        if (limit <= 0) return deleted;
        foreach (FileInfo file in Files(folder, "*").OrderBy(f => f.Name[(f.Name.IndexOf('_', StringComparison.Ordinal) + 1)..], StringComparer.Ordinal))
        {
            if (deleted >= limit || Bytes <= untilBytes) return deleted;
            Bytes -= file.Length;
            file.Delete();
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
            foreach (FileInfo file in OtherFolders.Append(OkFolder).SelectMany(kind => Files(Path.Combine(folder, kind), "*")))
            {
                if (file.Length == 0 || file.Extension == TemporarySuffix) file.Delete();
                else Bytes += file.Length;
            }
        }
    }

    private IEnumerable<(string Folder, DateTime Day)> Days()
    {
        if (!Directory.Exists(_root)) yield break;
        foreach (string folder in Directory.EnumerateDirectories(_root).Order(StringComparer.Ordinal).ToArray())
        {
            bool isDay = DateTime.TryParseExact(Path.GetFileName(folder), DayFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTime day);
            if (isDay) yield return (folder, day);
        }
    }

    private static IEnumerable<FileInfo> Files(string folder, string pattern) => Directory.Exists(folder) ? new DirectoryInfo(folder).EnumerateFiles(pattern) : [];

    private static void DeleteIfEmpty(string folder)
    {
        if (Directory.Exists(folder) && !Directory.EnumerateFileSystemEntries(folder).Any()) Directory.Delete(folder);
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
