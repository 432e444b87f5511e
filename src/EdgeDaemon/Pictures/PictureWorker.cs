using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Runtime;
using Microsoft.Extensions.Logging;

namespace ClipFusion.EdgeDaemon.Pictures;

/// <summary>
/// Makes the pictures of all stations, one after another and in turn, so that they never delay a verdict: on one thread of low priority,
/// and while no inspection has the networks or waits for them. Where that never happens a picture waits <see cref="Patience"/> at most.
/// </summary>
/// <param name="turns">Who has the networks.</param>
/// <param name="media">Where heatmaps go.</param>
/// <param name="time">Clocks.</param>
/// <param name="log">Where failures are noted.</param>
internal sealed class PictureWorker(NetworkScheduler turns, IHeatmapPublisher media, TimeProvider time, ILogger log) : IAsyncDisposable
{
    /// <summary>How long a picture waits for a moment without inspections.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(200);

    /// <summary>How long the pictures that wait are made for when the box stops; the rest is dropped.</summary>
    public static readonly TimeSpan LastOrders = TimeSpan.FromSeconds(2);

    private readonly Dictionary<string, StationPictures> _stations = new(StringComparer.Ordinal);
    private readonly Dictionary<string, StationGallery> _galleries = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _work = new(0);
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Thread? _thread;

    /// <summary>What the page shows, by name of the station.</summary>
    public IReadOnlyDictionary<string, StationGallery> Galleries => _galleries;

    /// <summary>Takes a station in; only before <see cref="Start"/>.</summary>
    /// <param name="config">The station's configuration, as it is now.</param>
    /// <param name="archive">Its images.</param>
    public void Add(Func<StationConfig> config, ImageArchive archive)
    {
        string station = config().Name;
        var gallery = new StationGallery(time);
        _galleries.Add(station, gallery);
        _stations.Add(station, new StationPictures(config, archive, gallery, media, time, log));
        gallery.Asked += () => _work.Release();
    }

    /// <summary>Begins to work; to be called once.</summary>
    public void Start()
    {
        _thread = new Thread(Run) { IsBackground = true, Name = "pictures" };
        _thread.Start();
    }

    /// <summary>What became of a station's pictures so far.</summary>
    public PictureCounts Counts(string station) => _stations[station].Counts;

    /// <summary>Copies a judged frame, so that it goes back to its camera at once, and takes its map. Waits for nobody.</summary>
    public void Take(JudgedFrame judged)
    {
        if (_stop.IsCancellationRequested)
            return;
        judged.Levels.Note(judged.Verdict, judged.Map);
        var source = new PictureSource(judged.Verdict, judged.Frame, judged.TakeMap(), judged.Recipe, judged.Ignore, judged.Levels);
        if (_stations[judged.Verdict.Inspection.Station].Take(source))
            _work.Release();
    }

    /// <summary>Makes what waits, within <see cref="LastOrders"/>. A disk that hangs is not waited for.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        if (_thread is null)
            return;
        _work.Release();
        await _ended.Task.WaitAsync(2 * LastOrders, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void Run()
    {
        LowPriority.Take();
        var tools = new PictureTools();
        long stopping = 0;
        for (bool isDone = false; !isDone; )
        {
            _work.Wait();
            if (_stop.IsCancellationRequested && stopping == 0)
                stopping = time.GetTimestamp();
            isDone = stopping != 0;
            if (!isDone)
                foreach (StationPictures station in _stations.Values)
                    station.ShowLast(tools);
            // Every station in turn, until none has anything.
            for (bool isLeft = true; isLeft && (stopping == 0 || time.GetElapsedTime(stopping) < LastOrders); )
            {
                isLeft = false;
                foreach (StationPictures station in _stations.Values)
                {
                    if (station.Next() is not { } frame)
                        continue;
                    isLeft = true;
                    AwaitLull(frame.KeptAt);
                    station.Work(frame, tools);
                }
            }
        }

        _ended.SetResult();
    }

    /// <summary>A turn of the networks below every inspection says that none is due; it is given back at once, because pictures don't need
    /// them.</summary>
    private void AwaitLull(long keptAt)
    {
        TimeSpan left = Patience - time.GetElapsedTime(keptAt);
        if (left <= TimeSpan.Zero || _stop.IsCancellationRequested)
            return;
        using var limit = new CancellationTokenSource(left, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _stop.Token);
        try
        {
            turns.AcquireInBackgroundAsync(either.Token).AsTask().GetAwaiter().GetResult().Dispose();
        }
        catch (OperationCanceledException)
        {
            // Patience is over, or the box stops.
        }
    }
}
