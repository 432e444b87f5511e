using System.Net;
using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Pictures;
using ClipFusion.EdgeDaemon.Pipeline;
using ClipFusion.EdgeDaemon.Storage;
using ClipFusion.OnnxInference.Providers;
using Microsoft.Extensions.Time.Testing;

namespace ClipFusion.Tests.EdgeDaemon.Storage;

/// <summary>What the configuration says of keeping reaches what keeps, at the start and while it runs.</summary>
[Trait("speed", "slow")]
public sealed class StorageLimitsTests : IDisposable
{
    private readonly StoreFolder _folder = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 31, 8, 0, 0, TimeSpan.Zero));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void From_AConfiguration_SaysWhatItSays()
    {
        StorageOptions options = StorageOptions.From(
            new StorageConfig(ReserveMb: 3, OutboxMaxGigabytes: 0.5, OutboxMaxDays: 7, RetentionDays: 90)
        );
        Assert.Equal(
            (3 << 20, new StorageLimits(1 << 29, TimeSpan.FromDays(7), TimeSpan.FromDays(90))),
            (options.ReserveBytes, options.Limits)
        );
    }

    [Fact]
    public async Task Limits_LoweredWhileItRuns_CountFromThenOn()
    {
        await using InspectionStore store = _folder.Open(
            _time,
            StoreFolder.Options with
            {
                RetentionInterval = TimeSpan.FromDays(40),
                ProbeInterval = TimeSpan.FromDays(40),
            }
        );
        AcceptedInspection[] all = [await StoreFolder.Accept(store), await StoreFolder.Accept(store), await StoreFolder.Accept(store)];
        foreach (AcceptedInspection inspection in all[..2])
            await store.CompleteAsync(StoreFolder.Judged(inspection));
        store.Limits = store.Limits with { OutboxBytes = store.State.OutboxBytes };
        await store.CompleteAsync(StoreFolder.Judged(all[2]));
        Assert.Equal((2, 1), (store.State.OutboxRows, store.State.OutboxDropped));

        await store.MarkDeliveredAsync([.. all.Select(i => i.Id)]);
        _time.Advance(TimeSpan.FromDays(3));
        store.Limits = store.Limits with { RowAge = TimeSpan.FromDays(2) };
        await store.RetainStepAsync();
        Assert.All(all, i => Assert.Null(store.Find(i.Id)));
    }

    [Fact]
    public async Task ImageArchives_OldImages_GoInTheBackgroundOnceTheClockIsTrusted()
    {
        await using InspectionStore store = _folder.Open(_time);
        await using var archives = new ImageArchives(Config(maxDays: 30), store, _time);
        AcceptedInspection a = await StoreFolder.Accept(store, "line1"),
            b = await StoreFolder.Accept(store, "line2");
        foreach (AcceptedInspection i in (AcceptedInspection[])[a, b])
            Assert.Equal(ImageOutcome.Stored, archives[i.Station].Store(i, Verdict.Ok, new byte[10], ".png"));
        bool[] Kept() => [archives["line1"].Find(a).Count == 1, archives["line2"].Find(b).Count == 1];
        store.IsClockTrusted = false;
        _time.Advance(TimeSpan.FromDays(2));
        archives.Apply(Config(maxDays: 1));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal([true, true], Kept());
        store.IsClockTrusted = true;
        // The writer may be at work for a moment, and then a step is left out.
        Assert.True(
            SpinWait.SpinUntil(
                () =>
                {
                    _time.Advance(TimeSpan.FromSeconds(1));
                    return Kept().All(k => !k);
                },
                TimeSpan.FromSeconds(30)
            ),
            "the old images are still there"
        );
    }

    [Theory]
    [InlineData(StorageCondition.Healthy, true, StorageWord.Ok)]
    [InlineData(StorageCondition.Healthy, false, StorageWord.NoImages)]
    [InlineData(StorageCondition.OnReserve, false, StorageWord.Reserve)]
    [InlineData(StorageCondition.DiskFull, false, StorageWord.Full)]
    [InlineData(StorageCondition.Locked, true, StorageWord.Unavailable)]
    [InlineData(StorageCondition.Failed, true, StorageWord.Unavailable)]
    public void StorageReport_OfEveryCondition_TellsWhatTheDiskStillTakes(StorageCondition condition, bool hasRoom, StorageWord told) =>
        Assert.Equal(
            told,
            StorageReport.Of(
                new StorageState(
                    condition,
                    hasRoom,
                    null,
                    null,
                    new Dictionary<string, long>(),
                    0,
                    new Dictionary<string, OutboxShare>(),
                    0,
                    0
                )
            )
        );

    private ApplianceConfig Config(int maxDays)
    {
        StationConfig Station(string name) =>
            new(
                name,
                new SimulatedCameraConfig(1, 64, 64, null, 0, null),
                new TriggerConfig(true, false, null, false),
                4,
                TimeSpan.Zero,
                TimeSpan.FromSeconds(10),
                null,
                new ImageConfig(ImagePolicy.All, 1, 1, maxDays),
                new HeatmapConfig(HeatmapWhen.Never, HeatmapFormat.Jpeg)
            );
        return new ApplianceConfig(
            "box",
            _folder.Root,
            "pack",
            1,
            [Station("line1"), Station("line2")],
            new MqttConfig("localhost", 1883, MqttVersion.V5, null, null, null, TimeSpan.FromSeconds(10), []),
            new HttpConfig(IPAddress.Loopback, 0, null),
            new StorageConfig(1, 1, 30, 365),
            new AcceleratorConfig(
                ProviderChoice.Cpu,
                ProviderChoice.Cpu,
                ProviderChoice.Cpu,
                ProviderChoice.Cpu,
                0,
                true,
                false,
                64,
                null,
                null
            ),
            TimeSpan.FromMinutes(5)
        );
    }
}
