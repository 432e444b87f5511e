namespace ClipFusion.Evaluation.Datasets;

/// <summary>Gives every picture its mask; what looks like a mask and is given to none is a problem.</summary>
internal sealed class MaskAssignment
{
    private readonly DatasetFiles _files;
    private readonly ILookup<string, LabelledPicture> _byDefect;
    private readonly ILookup<string, LabelledPicture> _byName;
    private readonly Dictionary<LabelledPicture, List<MaskFile>> _of = [];
    private readonly List<Unused> _unused = [];

    private MaskAssignment(DatasetFiles files, IReadOnlyList<LabelledPicture> pictures)
    {
        _files = files;
        _byDefect = pictures.ToLookup(p => Path.GetFileName(Path.GetDirectoryName(p.Path)!), StringComparer.OrdinalIgnoreCase);
        _byName = pictures
            .SelectMany(p => new[] { Path.GetFileNameWithoutExtension(p.Path), Path.GetFileName(p.Path) }.Select(n => (n, p)))
            .ToLookup(p => p.n, p => p.p, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The masks of each picture that has some, by path of the picture.</summary>
    public static IReadOnlyDictionary<string, string[]> Of(DatasetFiles files, PictureFolders folders)
    {
        var assignment = new MaskAssignment(files, folders.Pictures);
        foreach (MaskFile mask in folders.Masks)
            assignment.Find(mask);
        Dictionary<string, string[]> masks = assignment.Choose();
        assignment.TellUnused();
        return masks;
    }

    private void Find(MaskFile mask)
    {
        LabelledPicture[] owners = [.. mask.Owners.Select(o => Candidates(mask, o)).FirstOrDefault(c => c.Length > 0) ?? []];
        LabelledPicture[] bad = [.. owners.Where(o => o.Defect != TestImage.Good)];
        string[] defects = [.. bad.Select(b => b.Defect).Distinct()];
        if (owners.Length == 0)
            _unused.Add(new(mask, Reason.NoPicture, "no picture belongs to it"));
        else if (defects.Length > 1)
            _unused.Add(
                new(
                    mask,
                    Reason.Ambiguous,
                    $"it may belong to {string.Join(" or to ", bad.Select(b => _files.Id(b.Path)))} (a folder of masks per defect is "
                        + "expected)"
                )
            );
        else if (bad.Length == 0)
            RefuseMarked(mask, owners[0]);
        else
            foreach (LabelledPicture picture in bad)
                Add(picture, mask);
    }

    /// <summary>The pictures that a mask of such a name may belong to.</summary>
    private LabelledPicture[] Candidates(MaskFile mask, string owner)
    {
        // A mask beside its picture is not a mask of itself.
        if (mask.Defect is { } good && DatasetFiles.IsGood(good))
            return [.. _byName[owner].Distinct().Where(p => p.Defect == TestImage.Good && p.Path != mask.Path)];
        if (mask.Defect is { } defect)
            return [.. _byDefect[defect].Where(p => p.IsCalled(owner) && p.Path != mask.Path)];
        LabelledPicture[] same = [.. _byName[owner].Distinct()];
        if (same.Length > 0)
            return same;
        // In one folder for all, 'crack_000' is the mask of 'crack/000'.
        return
        [
            .. _byDefect
                .Where(d =>
                    owner.Length > d.Key.Length + 1
                    && owner.StartsWith(d.Key, StringComparison.OrdinalIgnoreCase)
                    && owner[d.Key.Length] is '_' or '-'
                )
                .SelectMany(d => d.Where(p => p.IsCalled(owner[(d.Key.Length + 1)..]))),
        ];
    }

    private void RefuseMarked(MaskFile mask, LabelledPicture picture)
    {
        if (_files.ReadMask([mask.Path], "not used") is { } read && read.Defect.Contains(true))
            _files.Problem(
                mask.Path,
                $"a mask with marked pixels of the good picture {_files.Id(picture.Path)}; not used, the picture is judged as "
                    + $"good{Hint(mask)}"
            );
    }

    private void Add(LabelledPicture picture, MaskFile mask)
    {
        if (!_of.TryGetValue(picture, out List<MaskFile>? masks))
            _of[picture] = masks = [];
        masks.Add(mask);
    }

    private Dictionary<string, string[]> Choose()
    {
        var chosen = new Dictionary<string, string[]>(StringComparer.Ordinal);
        foreach ((LabelledPicture picture, List<MaskFile> masks) in _of)
        {
            IGrouping<string, MaskFile>[] sets =
            [
                .. masks
                    .GroupBy(m => m.Set)
                    .OrderBy(s => s.First().Place)
                    .ThenBy(s => !s.First().IsNamed)
                    .ThenBy(s => s.Key, StringComparer.Ordinal),
            ];
            chosen[picture.Path] = [.. sets[0].Select(m => m.Path).Order(StringComparer.Ordinal)];
            foreach (MaskFile other in sets.Skip(1).SelectMany(s => s))
                _unused.Add(new(other, Reason.Second, $"{_files.Id(picture.Path)} has {_files.Id(chosen[picture.Path][0])}"));
        }

        return chosen;
    }

    /// <summary>One line a folder and reason, not one a file.</summary>
    private void TellUnused()
    {
        foreach (var group in _unused.GroupBy(u => (Folder: Path.GetDirectoryName(u.Mask.Path)!, u.Reason)))
        {
            Unused[] files = [.. group];
            (MaskFile mask, _, string why) = files[0];
            string some = string.Join(", ", files.Take(3).Select(f => Path.GetFileName(f.Mask.Path)));
            if (files.Length == 1)
                _files.Problem(mask.Path, $"looks like a mask, but {why}; not used{Hint(mask)}");
            else
                _files.Problem(
                    group.Key.Folder,
                    $"{files.Length} files look like masks and are not used ({some}{(files.Length > 3 ? ", ..." : "")}); of the first "
                        + $"one: {why}{Hint(mask)}"
                );
        }
    }

    private static string Hint(MaskFile mask) =>
        mask.Place == MaskPlace.OfAll
            ? $". If '{Path.GetFileName(Path.GetDirectoryName(mask.Path))}' is a kind of defect, rename its folder: by this name it is "
                + "read as masks"
            : "";

    private enum Reason
    {
        NoPicture,
        Ambiguous,
        Second,
    }

    private sealed record Unused(MaskFile Mask, Reason Reason, string Why);
}
