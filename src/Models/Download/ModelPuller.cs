namespace ClipFusion.Models.Download;

/// <summary>
/// Downloads model sets over HTTPS into one folder. A file appears under its name only when it is complete and its SHA-256 is right;
/// anything that interrupts a pull costs at most the last 16 MiB, and the next pull goes on from there. One pull at a time works in a
/// folder.
/// </summary>
public sealed class ModelPuller : IDisposable
{
    private readonly PullOptions _options;
    private readonly TimeProvider _time;
    private readonly Func<string, long> _freeBytes;
    private readonly HttpsFetcher _fetcher;
    private readonly Retries _retries;

    /// <summary>Prepares a puller; nothing is contacted or written yet.</summary>
    /// <param name="options">Where to, and all bounds.</param>
    /// <param name="handler">Sends the requests and decides which certificates are trusted; must not follow redirects; stays the caller's.
    /// Null: the system's trust.</param>
    /// <param name="time">Clock of time-outs and pauses; null: the system's.</param>
    /// <param name="freeBytes">Free bytes of the disk that holds a folder; null: asks the system.</param>
    /// <param name="random">Spreads the pauses; null: shared.</param>
    /// <exception cref="ArgumentException">A base URL is not usable, or the handler follows redirects.</exception>
    public ModelPuller(
        PullOptions options,
        HttpMessageHandler? handler = null,
        TimeProvider? time = null,
        Func<string, long>? freeBytes = null,
        Random? random = null
    )
    {
        ArgumentNullException.ThrowIfNull(options);
        foreach (var (source, url) in options.BaseUrls)
        {
            if (PullOptions.BaseUrlFault(url) is { } fault)
                throw new ArgumentException($"base URL of '{source}': {fault}", nameof(options));
        }

        _options = options with { TargetDirectory = Path.GetFullPath(options.TargetDirectory) };
        _time = time ?? TimeProvider.System;
        _freeBytes = freeBytes ?? (static directory => new DriveInfo(directory).AvailableFreeSpace);
        _fetcher = new HttpsFetcher(handler);
        _retries = new Retries(options.MaxRetries, _time, random ?? Random.Shared);
    }

    /// <summary>Brings every file of the sets into place and returns all of them in order.</summary>
    /// <param name="sets">What to pull.</param>
    /// <param name="progress">Told synchronously about every step, or null.</param>
    /// <param name="cancellation">Stops cleanly: what has arrived is kept for the next pull.</param>
    /// <exception cref="PullException">A file could not be had. Files that were finished before stay.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public async Task<IReadOnlyList<PulledFile>> PullAsync(
        IReadOnlyList<ModelSet> sets,
        IProgress<PullProgress>? progress,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(sets);
        try
        {
            return await PullLockedAsync(sets, progress ?? new Silence(), cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            const int noSpace = 28,
                quotaExceeded = 122;
            throw e.HResult is noSpace or quotaExceeded
                ? new PullException(
                    PullFailure.DiskSpace,
                    $"{_options.TargetDirectory}: the disk is full; free some space and pull again, it goes on where it stopped",
                    e
                )
                : new PullException(PullFailure.Storage, e.Message, e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _fetcher.Dispose();

    private async Task<IReadOnlyList<PulledFile>> PullLockedAsync(
        IReadOnlyList<ModelSet> sets,
        IProgress<PullProgress> progress,
        CancellationToken cancellation
    )
    {
        using var held = DirectoryLock.Take(_options.TargetDirectory);
        var pins = PinFile.Load(_options.TargetDirectory);
        var download = new FileDownload(_fetcher, _options, _retries, _time, RequireSpace, progress);

        var jobs = PullPlan.Make(sets, pins, _options);
        var results = new PulledFile?[jobs.Count];
        for (int i = 0; i < jobs.Count; i++)
            results[i] = await TakeExistingAsync(jobs[i], pins, progress, cancellation).ConfigureAwait(false);

        // Asked for all files before the first byte of any: a missing file or a full disk shows now, not after an hour.
        long needed = 0;
        for (int i = 0; i < jobs.Count; i++)
        {
            if (results[i] is not null)
                continue;
            long size = jobs[i].Size ?? await download.AskSizeAsync(jobs[i], cancellation).ConfigureAwait(false) ?? 0;
            needed += Math.Max(0, size - PartFile.LengthOnDisk(jobs[i].FinalPath));
        }

        RequireSpace(needed);
        for (int i = 0; i < jobs.Count; i++)
            results[i] ??= await DownloadAsync(download, jobs[i], pins, progress, cancellation).ConfigureAwait(false);
        return results!;
    }

    private async Task<PulledFile?> TakeExistingAsync(
        DownloadJob job,
        PinFile pins,
        IProgress<PullProgress> progress,
        CancellationToken cancellation
    )
    {
        FileInfo file = TargetFile.Of(job.FinalPath);
        if (!file.Exists || (job.Size is { } size && size != file.Length))
            return null;
        progress.Report(new PullProgress(PullStep.Checking, job.Name, file.Length, file.Length));
        string found = await Sha256Text.OfFileAsync(job.FinalPath, cancellation).ConfigureAwait(false);
        if (job.Sha256 is { } expected && found != expected)
            return null;
        if (job.Sha256 is null)
            Pin(job, pins, found, file.Length, "found in the folder", progress);
        progress.Report(new PullProgress(PullStep.Present, job.Name, file.Length, file.Length));
        return new PulledFile(job.Name, job.FinalPath, file.Length, found, Downloaded: false);
    }

    private async Task<PulledFile> DownloadAsync(
        FileDownload download,
        DownloadJob job,
        PinFile pins,
        IProgress<PullProgress> progress,
        CancellationToken cancellation
    )
    {
        using var part = await download.RunAsync(job, cancellation).ConfigureAwait(false);
        var pulled = new PulledFile(job.Name, job.FinalPath, part.Length, part.Sha256, Downloaded: true);
        // The pin comes first: after a crash in between, the next pull checks the file against it instead of accepting another one.
        if (job.Sha256 is null)
            Pin(job, pins, pulled.Sha256, pulled.Size, HttpsFetcher.Show(job.Url), progress);
        part.Install();
        progress.Report(new PullProgress(PullStep.Installed, job.Name, pulled.Size, pulled.Size, pulled.Sha256));
        return pulled;
    }

    private void Pin(DownloadJob job, PinFile pins, string sha256, long size, string origin, IProgress<PullProgress> progress)
    {
        pins.Add(job.Name, new PinFile.Pin(sha256, size, origin, _time.GetUtcNow()));
        progress.Report(new PullProgress(PullStep.Pinned, job.Name, size, size, sha256));
    }

    private void RequireSpace(long bytes)
    {
        long free = _freeBytes(_options.TargetDirectory);
        if (bytes > 0 && bytes + _options.DiskReserveBytes > free)
        {
            throw new PullException(
                PullFailure.DiskSpace,
                $"{_options.TargetDirectory}: {bytes} bytes are still to come and {_options.DiskReserveBytes} must stay free, but only "
                    + $"{free} are free"
            );
        }
    }

    private sealed class Silence : IProgress<PullProgress>
    {
        public void Report(PullProgress value) { }
    }
}
