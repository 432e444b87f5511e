using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.EdgeDaemon.Domain;

namespace ClipFusion.EdgeDaemon.Pictures;

/// <summary>The image archives of all stations, and the deleting of what is too old: a few files at a time, while nobody waits for the
/// database's writer.</summary>
internal sealed class ImageArchives : IAsyncDisposable
{
    private const int FilesPerStep = 64;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    private readonly IStorageCondition _store;
    private readonly Dictionary<string, ImageArchive> _archives;
    private readonly ITimer _timer;
    private int _isStepping;

    /// <summary>Opens the archives below the data folder and begins to tidy them.</summary>
    /// <param name="config">Stations and limits.</param>
    /// <param name="store">Says whether images may be written and whether the wall clock can be believed.</param>
    /// <param name="time">Wall clock and timers.</param>
    public ImageArchives(ApplianceConfig config, IStorageCondition store, TimeProvider time)
    {
        _store = store;
        _archives = config.Stations.ToDictionary(
            s => s.Name,
            s => new ImageArchive(config.DataFolder, s.Name, ImageLimits.From(s.Images, config.Storage), time, () => store.ImagesAllowed),
            StringComparer.Ordinal
        );
        _timer = time.CreateTimer(_ => Step(), null, Interval, Interval);
    }

    /// <summary>The archive of a station.</summary>
    /// <param name="station">Its name, as configured.</param>
    public ImageArchive this[string station] => _archives[station];

    /// <summary>Takes the limits of a reloaded configuration; stations are the same as ever.</summary>
    /// <param name="config">What runs now.</param>
    public void Apply(ApplianceConfig config)
    {
        foreach (StationConfig station in config.Stations)
            _archives[station.Name].Limits = ImageLimits.From(station.Images, config.Storage);
    }

    /// <summary>Stops tidying; a step under way ends by itself.</summary>
    /// <returns>When the timer has stopped.</returns>
    public ValueTask DisposeAsync() => _timer.DisposeAsync();

    private void Step()
    {
        if (!_store.IsIdle || Interlocked.Exchange(ref _isStepping, 1) == 1)
            return;
        int left = FilesPerStep;
        foreach (ImageArchive archive in _archives.Values)
            left -= archive.RetainStep(left, _store.IsClockTrusted);
        Volatile.Write(ref _isStepping, 0);
    }
}
