using System.Text.Json;
using ClipFusion.Foundation.Files;

namespace ClipFusion.Models.Pack;

/// <summary>Checks that a pack's folder holds what its manifest says.</summary>
public static class PackVerifier
{
    private const string StampName = ".verified.json";

    /// <summary>Reads the manifest alone; no other file is looked at.</summary>
    /// <param name="folder">The pack.</param>
    /// <exception cref="PackException">There is no readable manifest.</exception>
    public static PackManifest ReadManifest(string folder) => ManifestJson.Read(folder);

    /// <summary>Reads the manifest and checks every byte of every file. That nothing was wrong is remembered for
    /// <see cref="Open"/>.</summary>
    /// <param name="folder">The pack.</param>
    /// <param name="progress">Told each step in a few words; null for silence.</param>
    /// <param name="cancellation">Checked every MiB.</param>
    /// <returns>The manifest, and what is wrong: empty when everything is as it should be.</returns>
    /// <exception cref="PackException">There is no readable manifest.</exception>
    public static (PackManifest Manifest, IReadOnlyList<string> Problems) Verify(
        string folder,
        IProgress<string>? progress = null,
        CancellationToken cancellation = default
    ) => Verify(folder, null, progress, cancellation);

    /// <summary>As the other.</summary>
    /// <param name="folder">The pack.</param>
    /// <param name="betweenChunks">Called every MiB, so that a caller can let something more urgent go first; null for nothing.</param>
    /// <param name="progress">Told each step in a few words; null for silence.</param>
    /// <param name="cancellation">Checked every MiB.</param>
    public static (PackManifest Manifest, IReadOnlyList<string> Problems) Verify(
        string folder,
        Action? betweenChunks,
        IProgress<string>? progress,
        CancellationToken cancellation
    )
    {
        PackManifest manifest = ManifestJson.Read(folder);
        List<string> problems = [];
        foreach (FileEntry expected in manifest.Files)
        {
            if (Locate(folder, expected, problems) is not { } file)
                continue;
            progress?.Report($"checking {expected.Path}");
            if (file.Length != expected.Size)
            {
                string why = LfsPointer.IsFile(file.FullName) ? $"; {LfsPointer.Message}" : "";
                problems.Add($"{expected.Path}: {file.Length} bytes, the manifest says {expected.Size}{why}");
                continue;
            }

            if (HashOf(file.FullName) is { } found && found.Sha256 != expected.Sha256)
                problems.Add($"{expected.Path}: sha256 {found.Sha256}, the manifest says {expected.Sha256}");
        }

        foreach (string needed in Needed(manifest).Distinct().Except(manifest.Files.Select(f => f.Path)))
            problems.Add($"{needed}: is not in the manifest's list of files");
        if (problems.Count == 0)
            Remember(folder, manifest, progress);
        return (manifest, problems);

        FileEntry? HashOf(string file)
        {
            try
            {
                return PackFiles.Hash(folder, file, betweenChunks, cancellation);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                problems.Add(e.Message);
                return null;
            }
        }
    }

    /// <summary>Forgets that a pack was checked: the next one who opens it checks every byte.</summary>
    public static void Forget(string folder) => TryForget(Path.Combine(folder, StampName));

    /// <summary>The files that a pack can't do without: its graphs, their weights and the vocabularies of its text towers.</summary>
    private static IEnumerable<string> Needed(PackManifest manifest) =>
        [
            .. manifest.Graphs.SelectMany(g => (string[])[g.File, GraphNames.WeightFile(g.Name)]),
            .. manifest.Clip is null ? [] : (string[])[GraphNames.ClipVocabulary, GraphNames.ClipMerges],
            .. manifest.Diffusion is null ? [] : (string[])[GraphNames.DiffusionVocabulary, GraphNames.DiffusionMerges],
        ];

    /// <summary>
    /// Opens a pack to run it: every byte is checked the first time, afterwards manifest, sizes and modification times. What was checked
    /// is remembered in <c>.verified.json</c> beside the manifest; where that can't be written, every open checks fully.
    /// </summary>
    /// <exception cref="PackException">Something is wrong; the message lists everything.</exception>
    public static PackManifest Open(string folder, IProgress<string>? progress = null, CancellationToken cancellation = default)
    {
        PackManifest manifest = ManifestJson.Read(folder);
        string stampPath = Path.Combine(folder, StampName);
        if (IsRemembered(stampPath, Stamp(folder, manifest)))
            return manifest;

        (manifest, IReadOnlyList<string> problems) = Verify(folder, progress, cancellation);
        if (problems.Count > 0)
            throw new PackException(
                $"model pack '{folder}' is damaged:{Environment.NewLine}  {string.Join($"{Environment.NewLine}  ", problems)}"
            );
        return manifest;
    }

    /// <summary>A stamp that can't be read is none: everything is checked.</summary>
    private static bool IsRemembered(string stampPath, string stamp)
    {
        try
        {
            return File.Exists(stampPath) && RegularFile.ReadAllText(stampPath, PackManifest.MaxBytes) == stamp;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static void Remember(string folder, PackManifest manifest, IProgress<string>? progress)
    {
        string stampPath = Path.Combine(folder, StampName);
        try
        {
            // Without the stamp everything is checked again: it need not survive a power cut, only its absence must.
            AtomicFile.Write(stampPath, Durability.Process, Stamp(folder, manifest));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            progress?.Report($"{stampPath} can't be written ({e.Message}); the pack will be checked fully at every start");
        }
    }

    private static void TryForget(string stampPath)
    {
        try
        {
            if (File.Exists(stampPath))
                AtomicFile.Delete(stampPath, Durability.PowerCut);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Where nothing could be written there is nothing to delete.
        }
    }

    private static FileInfo? Locate(string folder, FileEntry entry, List<string> problems)
    {
        if (!IsPlainName(entry.Path))
        {
            problems.Add($"'{entry.Path}': a pack's files lie in its folder, without sub-folders");
            return null;
        }

        string path = Path.Combine(folder, entry.Path);
        FileInfo? file = Target(path);
        if (file?.Exists == true)
            return file;
        problems.Add(
            file is null ? $"{entry.Path}: a link that leads in a circle"
            : file.FullName == Path.GetFullPath(path) ? $"{entry.Path}: missing"
            : $"{entry.Path}: a link to {file.FullName}, which is missing"
        );
        return null;
    }

    /// <summary>What will be read; null where links lead in a circle.</summary>
    private static FileInfo? Target(string path)
    {
        try
        {
            return TargetFile.Of(path);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static bool IsPlainName(string path) =>
        path is not ("" or "." or "..")
        && path.AsSpan().IndexOfAny('/', '\\') < 0
        && path.AsSpan().IndexOfAny(Path.GetInvalidFileNameChars()) < 0;

    private static string Stamp(string folder, PackManifest manifest)
    {
        string manifestHash = PackFiles.Hash(folder, Path.Combine(folder, PackManifest.FileName)).Sha256;
        // Where a link leads is part of it: another target may have the same size and time.
        var files = manifest
            .Files.Where(f => IsPlainName(f.Path))
            .Select(f => (Name: f.Path, Target: Target(Path.Combine(folder, f.Path))))
            .Select(f => new
            {
                f.Name,
                Target = LinkTarget(f.Name, f.Target),
                Size = f.Target?.Exists == true ? f.Target.Length : -1,
                Modified = f.Target?.Exists == true ? f.Target.LastWriteTimeUtc.Ticks : 0,
            });
        return JsonSerializer.Serialize(new { manifest = manifestHash, files });

        string? LinkTarget(string name, FileInfo? target) =>
            target?.FullName == Path.GetFullPath(Path.Combine(folder, name)) ? null : target?.FullName;
    }
}
