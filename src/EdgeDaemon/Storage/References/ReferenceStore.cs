using System.Globalization;
using System.Security.Cryptography;
using ClipFusion.EdgeDaemon.Recipes;
using ClipFusion.EdgeDaemon.Runtime;
using ClipFusion.Foundation;
using ClipFusion.Foundation.Files;

namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>Something about reference sets on the disk is not as it has to be. The message says where, what was found and what is
/// expected.</summary>
internal sealed class ReferenceException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// The reference sets of all recipes, and those that are being collected.
/// <code>
///   references/{recipe}/index.json            which set is active, and thresholds     (replaced in one step)
///                       0001/ set.json, 01.png, 02.jpg ...                            (never changed)
///                       draft/ draft.json, 01.png ...                                 (renamed to the next number when it is finished)
/// </code>
/// What a method has returned survives a kill and a power cut; what a kill has left half done is taken away by <see cref="Recover"/>. Safe
/// for several threads.
/// </summary>
internal sealed class ReferenceStore
{
    /// <summary>Most pictures of a set.</summary>
    public const int MaxPictures = 64;

    /// <summary>Sets that are kept of a recipe; older ones are deleted when another is made, never the active one or the one before
    /// it.</summary>
    public const int MaxSets = 50;

    private const string SetFile = ReferenceFolders.SetFile,
        DraftFile = "draft.json",
        IndexFile = "index.json",
        DraftFolder = "draft",
        ImportFolder = "import";

    private readonly Lock _lock = new();
    private readonly string _root;
    private readonly TimeProvider _time;

    /// <param name="dataFolder">The data folder.</param>
    /// <param name="time">Wall clock.</param>
    public ReferenceStore(string dataFolder, TimeProvider time) => (_root, _time) = (Path.Combine(dataFolder, "references"), time);

    /// <summary>Takes away what a kill has left half done; to be called once, before anything else and by nobody else at the same
    /// time.</summary>
    /// <returns>What is being collected. A draft whose description can't be read is left alone and not among them.</returns>
    /// <exception cref="IOException">The disk refuses.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be changed.</exception>
    public IReadOnlyList<ReferenceDraft> Recover()
    {
        lock (_lock)
        {
            var drafts = new List<ReferenceDraft>();
            foreach (string folder in RecipeFolders())
            {
                AtomicFile.DeleteLeftOvers(folder, recursive: true);
                ReferenceFolders.Delete(Path.Combine(folder, ImportFolder));
                foreach (int number in ReferenceFolders.Numbers(folder))
                    File.Delete(Path.Combine(ReferenceFolders.SetFolder(folder, number), DraftFile));
                string draft = Path.Combine(folder, DraftFolder);
                if (!Directory.Exists(draft))
                    continue;
                if (!File.Exists(Path.Combine(draft, DraftFile)))
                {
                    ReferenceFolders.Delete(draft);
                    continue;
                }

                File.Delete(Path.Combine(draft, SetFile));
                try
                {
                    ReferenceDraft known = ReferenceJson.ReadDraft(Path.Combine(draft, DraftFile));
                    foreach (string file in Directory.EnumerateFiles(draft).Where(f => !IsOf(known, Path.GetFileName(f))).ToArray())
                        File.Delete(file);
                    drafts.Add(known);
                }
                catch (ReferenceException)
                {
                    // Somebody has written into it: whoever starts another one there is told.
                }
            }

            return drafts;
        }
    }

    /// <summary>Which set of a recipe is active.</summary>
    /// <exception cref="ReferenceException">The file is not what it has to be.</exception>
    public ReferenceIndex Index(string recipe)
    {
        string path = Path.Combine(Folder(recipe), IndexFile);
        lock (_lock)
            return File.Exists(path) ? ReferenceJson.ReadIndex(path) : ReferenceIndex.Empty(recipe);
    }

    /// <summary>Changes which set is active, or thresholds; thresholds of sets that are gone go with it.</summary>
    /// <returns>As it is now.</returns>
    /// <exception cref="IOException">The disk refuses: everything is as it was.</exception>
    /// <exception cref="ReferenceException">The file is not what it has to be.</exception>
    public ReferenceIndex Change(string recipe, Func<ReferenceIndex, ReferenceIndex> change)
    {
        lock (_lock)
        {
            string folder = Folder(recipe);
            ReferenceIndex before = Index(recipe),
                after = change(before);
            if (after == before)
                return before;
            int[] there = [.. ReferenceFolders.Numbers(folder)];
            after = after with { Thresholds = [.. after.Thresholds.Where(t => there.Contains(t.Set)).TakeLast(there.Length * 2)] };
            ReferenceFolders.Make(folder);
            AtomicFile.Write(Path.Combine(folder, IndexFile), Durability.PowerCut, ReferenceJson.Write(after));
            return after;
        }
    }

    /// <summary>The numbers of a recipe's sets, ascending.</summary>
    public IReadOnlyList<int> Sets(string recipe)
    {
        lock (_lock)
            return [.. ReferenceFolders.Numbers(Folder(recipe))];
    }

    /// <summary>A set as it is described, without looking at its pictures.</summary>
    /// <exception cref="ReferenceException">There is none of that number, or its description is not what it has to be.</exception>
    public ReferenceSet Find(string recipe, int number)
    {
        string folder = ReferenceFolders.SetFolder(Folder(recipe), number);
        if (!Directory.Exists(folder))
            throw new ReferenceException(
                $"recipe '{recipe}' has no reference set {number}; it has "
                    + (Sets(recipe) is { Count: > 0 } all ? string.Join(", ", all) : "none")
            );
        ReferenceSet set = ReferenceJson.ReadSet(Path.Combine(folder, SetFile));
        return set.Recipe == recipe && set.Number == number
            ? set
            : throw new ReferenceException(
                $"{folder}: {SetFile} describes set {set.Number} of '{set.Recipe}'; expected set {number} of '{recipe}'"
            );
    }

    /// <summary>A set whose pictures were all found as they were taken.</summary>
    /// <exception cref="ReferenceException">One is missing, or other than it was; or as for <see cref="Find"/>.</exception>
    public ReferenceSet Open(string recipe, int number, CancellationToken cancellation = default)
    {
        ReferenceSet set = Find(recipe, number);
        foreach (ReferencePicture picture in set.Pictures)
        {
            cancellation.ThrowIfCancellationRequested();
            string path = PathOf(set, picture),
                found;
            try
            {
                found = ContentHash.OfFile(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new ReferenceException($"a picture of reference set {number} of '{recipe}' can't be read: {e.Message}", e);
            }

            if (found != picture.Sha256)
                throw new ReferenceException(
                    $"{path}: its SHA-256 is {found}; expected {picture.Sha256}, as it was when the set was made. Activate another set"
                );
        }

        return set;
    }

    /// <summary>Where a set's picture lies.</summary>
    public string PathOf(ReferenceSet set, ReferencePicture picture) =>
        Path.Combine(ReferenceFolders.SetFolder(Folder(set.Recipe), set.Number), picture.File);

    /// <summary>Where a draft's picture lies.</summary>
    public string PathOf(ReferenceDraft draft, ReferencePicture picture) => Path.Combine(Folder(draft.Recipe), DraftFolder, picture.File);

    /// <summary>Starts to collect.</summary>
    /// <exception cref="ReferenceException">There is a draft for the recipe already.</exception>
    /// <exception cref="IOException">The disk refuses; nothing is left.</exception>
    public ReferenceDraft StartDraft(string recipe, string station)
    {
        lock (_lock)
        {
            string folder = Folder(recipe),
                draft = Path.Combine(folder, DraftFolder);
            if (Directory.Exists(draft))
                throw new ReferenceException(
                    $"{draft}: references for '{recipe}' are being collected already; cancel or finish them first"
                );
            ReferenceFolders.Make(draft);
            try
            {
                return Save(new ReferenceDraft(recipe, station, _time.GetUtcNow(), 1, []));
            }
            catch
            {
                ReferenceFolders.Delete(draft);
                throw;
            }
        }
    }

    /// <summary>Adds a picture.</summary>
    /// <param name="draft">As it was.</param>
    /// <param name="file">The picture's file, to the byte.</param>
    /// <param name="suffix">End of its name, such as <c>.png</c>.</param>
    /// <param name="source">Where it came from.</param>
    /// <param name="from">The inspection's id or the file's name; null where there is neither.</param>
    /// <returns>As it is now.</returns>
    /// <exception cref="ReferenceException">It is full.</exception>
    /// <exception cref="IOException">The disk refuses: the draft is what it was.</exception>
    public ReferenceDraft Add(ReferenceDraft draft, ReadOnlySpan<byte> file, string suffix, ReferenceSource source, string? from)
    {
        lock (_lock)
        {
            if (draft.Pictures.Count == MaxPictures)
                throw new ReferenceException($"the draft has {MaxPictures} pictures, which are as many as a set may have");
            string name = draft.NextFile.ToString("00", CultureInfo.InvariantCulture) + suffix,
                path = Path.Combine(Folder(draft.Recipe), DraftFolder, name);
            AtomicFile.Write(path, Durability.PowerCut, file);
            KillPoint.Pass(KillStep.ReferenceStored);
            try
            {
                var picture = new ReferencePicture(
                    name,
                    Convert.ToHexStringLower(SHA256.HashData(file)),
                    file.Length,
                    source,
                    from,
                    _time.GetUtcNow()
                );
                ReferenceDraft with = Save(draft with { NextFile = draft.NextFile + 1, Pictures = [.. draft.Pictures, picture] });
                KillPoint.Pass(KillStep.ReferenceListed);
                return with;
            }
            catch
            {
                ReferenceFolders.TryDelete(path);
                throw;
            }
        }
    }

    /// <summary>Takes a picture out again.</summary>
    /// <param name="draft">As it was.</param>
    /// <param name="number">From 1.</param>
    /// <returns>As it is now.</returns>
    /// <exception cref="ReferenceException">There is no such picture.</exception>
    public ReferenceDraft Remove(ReferenceDraft draft, int number)
    {
        lock (_lock)
        {
            if (number < 1 || number > draft.Pictures.Count)
                throw new ReferenceException($"the draft has no picture {number}; it has {draft.Pictures.Count}");
            ReferencePicture gone = draft.Pictures[number - 1];
            ReferenceDraft without = Save(draft with { Pictures = [.. draft.Pictures.Where((_, i) => i != number - 1)] });
            ReferenceFolders.TryDelete(PathOf(draft, gone));
            return without;
        }
    }

    /// <summary>Throws a draft away.</summary>
    public void Cancel(ReferenceDraft draft)
    {
        lock (_lock)
        {
            string folder = Path.Combine(Folder(draft.Recipe), DraftFolder);
            // Without its description the rest is nobody's, and goes at the next start if it does not go now.
            AtomicFile.Delete(Path.Combine(folder, DraftFile), Durability.PowerCut);
            KillPoint.Pass(KillStep.DraftCancelled);
            ReferenceFolders.Delete(folder);
        }
    }

    /// <summary>Makes a draft a set, which nothing judges by yet.</summary>
    /// <exception cref="ReferenceException">It has no pictures.</exception>
    /// <exception cref="IOException">The disk refuses: it is still a draft.</exception>
    public ReferenceSet Finish(ReferenceDraft draft)
    {
        lock (_lock)
        {
            if (draft.Pictures.Count == 0)
                throw new ReferenceException("the draft has no pictures; one at least is expected");
            return Seal(Path.Combine(Folder(draft.Recipe), DraftFolder), draft.Recipe, true, draft.Station, draft.Pictures);
        }
    }

    /// <summary>Makes a set of the pictures that a recipe's file names.</summary>
    /// <param name="recipe">The recipe's name.</param>
    /// <param name="files">Full paths.</param>
    /// <param name="version">Their version, as it was when they were enrolled.</param>
    /// <exception cref="ReferenceException">They are other pictures than they were then.</exception>
    /// <exception cref="IOException">The disk refuses; nothing is left.</exception>
    public ReferenceSet Import(string recipe, IReadOnlyList<string> files, string version)
    {
        lock (_lock)
        {
            string folder = Path.Combine(Folder(recipe), ImportFolder);
            ReferenceFolders.Delete(folder);
            try
            {
                ReferenceFolders.Make(folder);
                var pictures = new List<ReferencePicture>();
                foreach (string file in files)
                {
                    byte[] content = RegularFile.ReadAllBytes(file, (int)StationRecipeWriter.MaxFileBytes);
                    string suffix = Path.GetExtension(file).ToLowerInvariant() is { Length: 4 } usual
                        && usual.Skip(1).All(char.IsAsciiLetterLower)
                            ? usual
                            : ".img",
                        name = (pictures.Count + 1).ToString("00", CultureInfo.InvariantCulture) + suffix;
                    AtomicFile.Write(Path.Combine(folder, name), Durability.PowerCut, content);
                    string hash = Convert.ToHexStringLower(SHA256.HashData(content));
                    pictures.Add(new(name, hash, content.Length, ReferenceSource.Recipe, Path.GetFileName(file), _time.GetUtcNow()));
                }

                string found = ContentHash.Of(pictures.Select(p => p.Sha256));
                return found == version
                    ? Seal(folder, recipe, false, null, pictures)
                    : throw new ReferenceException(
                        $"the references of '{recipe}' were changed while they were enrolled; set the recipe again"
                    );
            }
            catch
            {
                ReferenceFolders.Delete(folder);
                throw;
            }
        }
    }

    /// <summary>Whether a recipe of a data folder is judged by references that were taught, whatever its file says.</summary>
    public static bool HasActive(string dataFolder, string recipe)
    {
        try
        {
            return new ReferenceStore(dataFolder, TimeProvider.System).Index(recipe).Active is not null;
        }
        catch (ReferenceException)
        {
            return false;
        }
    }

    /// <summary>Describes the pictures of a folder as a set, and gives it its number by renaming it: from then on it is there.</summary>
    private ReferenceSet Seal(string from, string recipe, bool isTaught, string? station, IReadOnlyList<ReferencePicture> pictures)
    {
        string folder = Folder(recipe);
        ReferenceIndex index = Index(recipe);
        int number = ReferenceFolders.Numbers(folder).Append(index.Active ?? 0).Append(index.Previous ?? 0).Max() + 1;
        var set = new ReferenceSet(recipe, number, isTaught, station, _time.GetUtcNow(), pictures);
        AtomicFile.Write(Path.Combine(from, SetFile), Durability.PowerCut, ReferenceJson.Write(set));
        KillPoint.Pass(KillStep.SetDescribed);
        string to = ReferenceFolders.SetFolder(folder, number);
        Directory.Move(from, to);
        AtomicFile.FlushFolder(folder);
        KillPoint.Pass(KillStep.SetNumbered);
        ReferenceFolders.TryDelete(Path.Combine(to, DraftFile));
        foreach (
            int old in ReferenceFolders
                .Numbers(folder)
                .Where(n => n != number && n != index.Active && n != index.Previous)
                .SkipLast(MaxSets - 1)
                .ToArray()
        )
            ReferenceFolders.Delete(ReferenceFolders.SetFolder(folder, old));
        return set;
    }

    private ReferenceDraft Save(ReferenceDraft draft)
    {
        string folder = Path.Combine(Folder(draft.Recipe), DraftFolder);
        AtomicFile.Write(Path.Combine(folder, DraftFile), Durability.PowerCut, ReferenceJson.Write(draft));
        return draft;
    }

    /// <summary>The name is checked: it is never anything but one folder's.</summary>
    private string Folder(string recipe) =>
        Names.IsRecipeName(recipe)
            ? Path.Combine(_root, recipe)
            : throw new ArgumentException($"'{recipe}' is no name of a recipe: {Names.Rule} is expected", nameof(recipe));

    private string[] RecipeFolders() =>
        Directory.Exists(_root) ? [.. Directory.EnumerateDirectories(_root).Where(d => Names.IsRecipeName(Path.GetFileName(d)))] : [];

    private static bool IsOf(ReferenceDraft draft, string file) => file == DraftFile || draft.Pictures.Any(p => p.File == file);
}
