using System.Collections.Concurrent;
using System.Diagnostics.Tracing;
using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Pipeline;
using ClipFusion.EdgeDaemon.Recipes;
using ClipFusion.EdgeDaemon.Runtime;
using ClipFusion.EdgeDaemon.Storage;
using ClipFusion.Inspection.Networks;
using ClipFusion.Models.Starter;
using ClipFusion.OnnxInference;
using ClipFusion.Tests.Cli;
using Microsoft.Extensions.Logging.Abstractions;

namespace ClipFusion.Tests.EdgeDaemon.Pipeline;

/// <summary>The allocations of the whole process are counted, so nothing else may run beside these tests.</summary>
[CollectionDefinition(nameof(WholeProcess), DisableParallelization = true)]
public sealed class WholeProcess;

/// <summary>From trigger to stored verdict, steps 1 to 8: an appliance runs for months, so what a part leaves to the garbage collector is
/// budgeted.</summary>
[Collection(nameof(WholeProcess))]
[Trait("speed", "slow")]
public sealed class AllocationBudgetTests : IDisposable
{
    private const int WarmUp = 24,
        Inspections = 32;

    // Measured: see docs/performance.md; a map at output size or one resized picture in each inspection would break it.
    private const long BytesPerInspection = 150_000;

    // A pool grows by one buffer when for the first time one more of them is out than ever before, which can still happen after the
    // warm-up; one object in each inspection is what must not be.
    private const int PoolsMayGrowBy = 3;

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Station_InSteadyState_AllocatesNoLargeObjectsAndStaysWithinItsBudget()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        TimeProvider time = TimeProvider.System;
        using ModelPack pack = ModelPack.Open(StarterPackIn("pack"), new SessionSettings(Threads: 1));
        await using InspectionStore store = InspectionStore.Open(
            _folder["data"],
            new StorageOptions { ReserveBytes = 0 },
            time,
            NullLogger.Instance
        );
        var turns = new NetworkScheduler();
        using var heartbeats = new Heartbeats(time);
        using var metrics = new ApplianceMetrics();
        await using var station = new Station(
            Config,
            new PooledCamera(640, 480),
            new StationCounts(),
            new StationLinks(store, new Judge(turns, time, NullLogger.Instance), heartbeats, metrics, new StationEvents(), new AckOrder()),
            time
        );
        Assert.True(station.Recipes.TryBeginChange());
        station.Recipes.EndChange(Recipe(new OpenPack(pack), turns, cancellation));
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task running = station.RunAsync(end.Token);

        await InspectAsync(station, "warm", WarmUp, cancellation);
        using var large = new LargeObjects();
        long before = GC.GetTotalAllocatedBytes(precise: true);
        await InspectAsync(station, "steady", Inspections, cancellation);
        long perInspection = (GC.GetTotalAllocatedBytes(precise: true) - before) / Inspections;
        string[] found = large.Found();
        await end.CancelAsync();
        await running.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);

        TestContext.Current.TestOutputHelper?.WriteLine($"{perInspection} bytes an inspection, starter pack, all branches, 640 x 480");
        Assert.True(
            found.Length <= PoolsMayGrowBy,
            $"{found.Length} objects on the large object heap in {Inspections} inspections: {string.Join(", ", found)}"
        );
        Assert.InRange(perInspection, 1, BytesPerInspection);
    }

    [Fact]
    public void LargeObjects_WhereThereAreSome_AreFound()
    {
        using var large = new LargeObjects();
        for (int i = 0; i < 16; i++)
            GC.KeepAlive(new byte[200_000]);
        Assert.NotEmpty(large.Found());
    }

    public void Dispose() => _folder.Dispose();

    private static StationConfig Config =>
        new(
            "line1",
            new SimulatedCameraConfig(1, 640, 480, null, 0, null),
            new TriggerConfig(Mqtt: true, Http: false, Interval: null, FrameArrival: false),
            8,
            TimeSpan.Zero,
            TimeSpan.FromSeconds(10),
            null,
            new ImageConfig(ClipFusion.EdgeDaemon.Configuration.ImagePolicy.None, 1, 1, 1),
            new HeatmapConfig(HeatmapWhen.Never, HeatmapFormat.Jpeg)
        );

    private static async Task InspectAsync(Station station, string prefix, int count, CancellationToken cancellation)
    {
        for (int i = 0; i < count; i++)
        {
            Taken taken = await station.Acceptance.TakeAsync(
                new Trigger("line1", TriggerSource.Mqtt, TimeProvider.System.GetTimestamp(), $"{prefix}{i}"),
                cancellation
            );
            VerdictRecord? verdict = await taken.Coming!.WaitAsync(cancellation);
            Assert.Equal(Code.None, verdict?.Reason);
        }
    }

    private ActiveRecipe Recipe(OpenPack pack, NetworkScheduler turns, CancellationToken cancellation)
    {
        string folder = Directory.CreateDirectory(_folder["recipes"]).FullName;
        File.Copy(TinyPack.References[0], Path.Combine(folder, "reference.png"));
        File.WriteAllText(
            Path.Combine(folder, "board.json"),
            """{"number":1,"name":"board","object":"board","references":["reference.png"],"thresholds":{"clipfusion":{"fewShot":2}}}"""
        );
        RecipeCatalogue catalogue = RecipeCatalogue.Load(folder, cancellation);
        return ActiveRecipe.Load(pack, catalogue, catalogue.Find("board")!.Recipe!, 1, turns, cancellation);
    }

    private string StarterPackIn(string name)
    {
        StarterPack.Build(_folder[name]);
        return _folder[name];
    }

    /// <summary>
    /// Listens to the runtime: it says after each 100 kB of the large object heap which type the last object of them was. Every object
    /// there is 85,000 bytes or more, so that one per inspection can't go unheard.
    /// </summary>
    private sealed class LargeObjects : EventListener
    {
        private const int AllocationTickId = 10;
        private const uint LargeObjectHeap = 1;
        private readonly ConcurrentQueue<string> _types = new();

        private static bool IsMarker(string type) => type.Contains(nameof(Marker), StringComparison.Ordinal);

        /// <summary>The types of what was found before this call. The runtime tells with a delay, so an object of our own is made until it
        /// is told of.</summary>
        public string[] Found()
        {
            bool isTold = SpinWait.SpinUntil(
                () =>
                {
                    GC.KeepAlive(new Marker[200_000]);
                    return _types.Any(IsMarker);
                },
                TimeSpan.FromSeconds(30)
            );
            Assert.True(isTold, "the runtime tells nothing of its large object heap");
            return [.. _types.TakeWhile(t => !IsMarker(t))];
        }

        private readonly record struct Marker(byte Value);

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            const EventKeywords Gc = (EventKeywords)1;
            if (eventSource.Name == "Microsoft-Windows-DotNETRuntime")
                EnableEvents(eventSource, EventLevel.Verbose, Gc);
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData)
        {
            if (eventData.EventId == AllocationTickId && eventData.Payload is [_, uint kind, ..] && kind == LargeObjectHeap)
                _types.Enqueue(eventData.Payload.OfType<string>().FirstOrDefault() ?? "?");
        }
    }
}
