using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Storage;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>Acks what the last run accepted and did not live to ack, in order, as soon as the broker is there.</summary>
internal sealed class LateAcks
{
    private readonly MqttLink _link;
    private readonly InspectionStore _store;
    private readonly AckOrder _acks;
    private readonly IReadOnlyList<AcceptedInspection> _unacked;

    /// <summary>From here on the verdicts of these inspections wait for their acks.</summary>
    public LateAcks(MqttLink link, InspectionStore store, AckOrder acks, IReadOnlyList<AcceptedInspection> unacked)
    {
        (_link, _store, _acks, _unacked) = (link, store, acks, unacked);
        foreach (AcceptedInspection inspection in unacked)
            acks.Owe(inspection.Id);
    }

    /// <summary>Runs until all are acked, one is refused by the broker, or the program ends.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            foreach (AcceptedInspection inspection in _unacked)
            {
                if (!await AcknowledgeAsync(inspection, stop).ConfigureAwait(false))
                    return;
                await _store.MarkAckedAsync(inspection.Id).ConfigureAwait(false);
            }
        }
        catch (StorageUnavailableException)
        {
            // Those that are left are acked at the next start.
        }
        finally
        {
            foreach (AcceptedInspection inspection in _unacked)
                _acks.Said(inspection.Id);
        }
    }

    private async Task<bool> AcknowledgeAsync(AcceptedInspection inspection, CancellationToken stop)
    {
        while (true)
        {
            await _link.WhenAsync(s => s.IsConnected, stop).ConfigureAwait(false);
            // The last run may have told it already.
            TriggerAckMessage ack = TriggerAckMessage.ForAccepted(inspection, duplicate: true, inspection.AcceptedAt);
            QueuedAnswer queued = _link.Acknowledge(inspection.Station, ack, null);
            await queued.Handed.WaitAsync(stop).ConfigureAwait(false);
            _acks.Said(inspection.Id);
            switch (await queued.Told.WaitAsync(stop).ConfigureAwait(false))
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
