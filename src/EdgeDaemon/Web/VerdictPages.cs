using System.Collections.Concurrent;
using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Pipeline;
using ClipFusion.EdgeDaemon.Storage;
using ClipFusion.EdgeDaemon.Web.Limits;

namespace ClipFusion.EdgeDaemon.Web;

/// <summary>
/// The newest verdicts of each station as JSON: made once after each new verdict that somebody asks for, however many ask.
/// </summary>
/// <param name="worker">Reads and writes them.</param>
internal sealed class VerdictPages(PageWorker worker)
{
    /// <summary>Most verdicts of a page.</summary>
    public const int Longest = 100;

    private readonly ConcurrentDictionary<Station, StationPage> _stations = new(ReferenceEqualityComparer.Instance);

    /// <summary>The page as it is now, with every verdict that was stored before the call.</summary>
    /// <exception cref="StorageUnavailableException">The database can't be read.</exception>
    /// <exception cref="PageBusyException">Too much waits.</exception>
    public Task<VerdictPage> GetAsync(RunningAppliance box, Station station) =>
        _stations.GetOrAdd(station, _ => new StationPage(box.Store, station, worker)).GetAsync();

    private sealed class StationPage
    {
        private readonly InspectionStore _store;
        private readonly Station _station;
        private readonly PageWorker _worker;
        private readonly Lock _gate = new();
        private VerdictPage? _page;
        private Task<VerdictPage>? _making;
        private long _stored;

        public StationPage(InspectionStore store, Station station, PageWorker worker)
        {
            (_store, _station, _worker) = (store, station, worker);
            store.VerdictStored += name =>
            {
                if (name == station.Name)
                    Interlocked.Increment(ref _stored);
            };
        }

        public async Task<VerdictPage> GetAsync()
        {
            long wanted = Interlocked.Read(ref _stored);
            while (true)
            {
                Task<VerdictPage> making;
                lock (_gate)
                {
                    if (_page is { } page && page.Stored >= wanted)
                        return page;
                    if (_making is null or { IsCompleted: true })
                        _making = _worker.DoAsync(Make);
                    making = _making;
                }

                VerdictPage made = await making.ConfigureAwait(false);
                if (made.Stored >= wanted)
                    return made;
            }
        }

        private VerdictPage Make()
        {
            // Counted before reading: what is stored meanwhile may be in the page or not.
            long stored = Interlocked.Read(ref _stored);
            // Those without a verdict are never more than the queue has places.
            VerdictPage made = VerdictPage.Of(
                stored,
                _store
                    .ReadRecentBeside(_station.Name, Longest + _station.Config.QueueDepth)
                    .Where(r => r.Verdict is not null)
                    .Take(Longest)
                    .Select(r => new VerdictMessage(r.Verdict!, default))
            );
            lock (_gate)
                _page = made;
            return made;
        }
    }
}
