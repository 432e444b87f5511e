using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Domain;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>
/// Tells a station's line that exposure is over and the part may move: behind the trigger's ack, however quick the camera was, and once
/// more behind the ack of a duplicate, whose
/// caller may have missed it. Safe for several threads.
/// </summary>
/// <param name="tell">Puts a message into the station's reply queue; must not wait.</param>
internal sealed class FrameNotices(Action<string, TriggerFrameMessage> tell)
{
    // As many as ids are remembered: a duplicate can't be older.
    private const int Capacity = 4096;

    private readonly Dictionary<string, Progress> _recent = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();
    private readonly Lock _gate = new();

    private enum Progress
    {
        Acked,
        Taken,
        Told,
    }

    /// <summary>The frame of an inspection is there.</summary>
    public void Taken(AcceptedInspection inspection)
    {
        lock (_gate)
        {
            // Only callers over MQTT have an ack to wait for.
            bool isAcked = inspection.Source != TriggerSource.Mqtt || _recent.ContainsKey(inspection.Id);
            Note(inspection.Id, isAcked ? Progress.Told : Progress.Taken);
            if (isAcked)
                tell(inspection.Station, new(inspection.Id, inspection.Sequence, inspection.TriggerId));
        }
    }

    /// <summary>An ack was put into the station's reply queue.</summary>
    /// <param name="station">Name of the station.</param>
    /// <param name="ack">The ack; a refusal changes nothing.</param>
    /// <param name="given">The verdict that was given already to a duplicate's first trigger; null for none.</param>
    public void Acked(string station, TriggerAckMessage ack, VerdictRecord? given)
    {
        if (ack is not { Accepted: true, InspectionId: { } id, Seq: { } sequence })
            return;
        lock (_gate)
        {
            // What an earlier run took is known by its verdict alone.
            bool isTaken = _recent.TryGetValue(id, out Progress progress) ? progress != Progress.Acked : given?.Frame is not null;
            Note(id, isTaken ? Progress.Told : Progress.Acked);
            if (isTaken)
                tell(station, new(id, sequence, ack.TriggerId));
        }
    }

    private void Note(string id, Progress progress)
    {
        if (!_recent.ContainsKey(id))
            _order.Enqueue(id);
        _recent[id] = progress;
        if (_order.Count > Capacity)
            _recent.Remove(_order.Dequeue());
    }
}
