using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Storage;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>What a reload changes while the box runs: the other half of <see cref="ConfigChange.TakeLive"/>.</summary>
/// <param name="storage">The store's limits.</param>
/// <param name="delivery">The publisher's.</param>
internal sealed class LiveValues(StorageOptions storage, DeliveryOptions delivery)
{
    private const double BytesPerGigabyte = 1L << 30;

    /// <summary>Limits of the store and the publisher as a configuration says.</summary>
    public static LiveValues Of(ApplianceConfig config, string bootId)
    {
        var values = new LiveValues(new StorageOptions { ReserveBytes = (long)config.Storage.ReserveMb << 20 }, new DeliveryOptions { BootId = bootId });
        values.Take(config, []);
        return values;
    }

    public StorageOptions Storage => storage;

    public DeliveryOptions Delivery => delivery;

    /// <summary>Takes what may change at run time; the next inspection, commit or message sees it.</summary>
    public void Take(ApplianceConfig config, IReadOnlyList<Station> stations)
    {
        storage.OutboxBytes = (long)(config.Storage.OutboxMaxGigabytes * BytesPerGigabyte);
        storage.OutboxAge = TimeSpan.FromDays(config.Storage.OutboxMaxDays);
        storage.RowAge = TimeSpan.FromDays(config.Storage.RetentionDays);
        delivery.LiveWindow = config.Mqtt.LiveWindow;
        foreach (Station station in stations) station.Config = config.Stations.FirstOrDefault(s => s.Name == station.Name) ?? station.Config;
    }
}
