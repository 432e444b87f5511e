namespace ClipFusion.Models.Download;

/// <summary>Settles, before anything is contacted, where every file comes from and which hash it must have.</summary>
internal static class PullPlan
{
    /// <summary>One job per file, in order.</summary>
    /// <exception cref="PullException">A pin contradicts the catalogue, or a hash is unknown and accepting was not asked for.</exception>
    public static IReadOnlyList<DownloadJob> Make(IReadOnlyList<ModelSet> sets, PinFile pins, PullOptions options)
    {
        var jobs = (from set in sets from file in set.Files select Job(set, file, pins, options)).ToList();
        if (options.AcceptHash)
            return jobs;

        string[] unknown = [.. jobs.Where(j => j.Sha256 is null).Select(j => j.Name)];
        if (unknown.Length == 0)
            return jobs;
        string rest = unknown.Length > 3 ? $" and {unknown.Length - 3} more" : "";
        throw new PullException(
            PullFailure.HashUnknown,
            $"no sha256 is known for {string.Join(", ", unknown.Take(3))}{rest}; --accept-hash accepts what the server sends and pins "
                + $"it in {PinFile.FileName}"
        );
    }

    private static DownloadJob Job(ModelSet set, ModelFile file, PinFile pins, PullOptions options)
    {
        string name = $"{set.Name}/{file.Path}";
        // The catalogue was checked when it was read; sets made in code were not, and this is where names become paths.
        if (RelativePath.Fault(name) is { } fault)
            throw new ArgumentException($"'{name}' {fault}");

        var pin = pins.Find(name);
        if (pin is not null && file.Sha256 is not null && pin.Sha256 != file.Sha256)
        {
            throw new PullException(
                PullFailure.PinConflict,
                $"{name}: {PinFile.FileName} pins sha256 {pin.Sha256}, the catalogue expects {file.Sha256}; delete the pin if the "
                    + "catalogue is right"
            );
        }

        var baseUrl = options.BaseUrls.GetValueOrDefault(set.Source, set.BaseUrl);
        return new DownloadJob(
            name,
            new Uri(baseUrl, file.Path),
            Path.Combine(options.TargetDirectory, set.Name, file.Path),
            file.Size ?? (file.Sha256 is null ? pin?.Size : null),
            file.Sha256 ?? pin?.Sha256,
            file.Sha256 is null ? PinFile.FileName : "the catalogue"
        );
    }
}
