using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Storage;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>Acks what the last run accepted and did not live to ack, in order, as soon as the broker is there.</summary>
internal sealed class LateAcks(MqttLink link, InspectionStore store)
{
    /// <summary>Runs until all are acked, one is refused by the broker, or the program ends.</summary>
    public async Task RunAsync(IReadOnlyList<AcceptedInspection> unacked, CancellationToken stop)
    {
        try
        {
            foreach (AcceptedInspection inspection in unacked)
            {
                if (!await AcknowledgeAsync(inspection, stop).ConfigureAwait(false))
                    return;
                await store.MarkAckedAsync(inspection.Id).ConfigureAwait(false);
            }
        }
        catch (StorageUnavailableException)
        {
            // Those that are left are acked at the next start.
        }
    }

    private async Task<bool> AcknowledgeAsync(AcceptedInspection inspection, CancellationToken stop)
    {
        while (true)
        {
            await link.WhenAsync(s => s.IsConnected, stop).ConfigureAwait(false);
            // The last run may have told it already.
            TriggerAckMessage ack = TriggerAckMessage.ForAccepted(inspection, duplicate: true, inspection.AcceptedAt);
            switch (await link.AcknowledgeAsync(inspection.Station, ack, null).WaitAsync(stop).ConfigureAwait(false))
            {
                case PublishStatus.Delivered:
                    return true;
                case PublishStatus.Refused:
                    return false;
                default:
                    // The connection is gone or going; its state says so in a moment.
                    await Task.Yield();
                    break;
            }
        }
    }
}
