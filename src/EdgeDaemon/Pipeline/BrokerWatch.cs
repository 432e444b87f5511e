using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Storage;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>Tells the store whether verdicts go out as soon as they are stored, and delivery of every new connection.</summary>
internal static class BrokerWatch
{
    /// <summary>Runs until the program ends.</summary>
    public static async Task RunAsync(MqttLink link, InspectionStore store, VerdictPublisher publisher, CancellationToken stop)
    {
        LinkState? told = null;
        while (true)
        {
            LinkState state = await link.WhenAsync(
                    s => s.IsConnected != (told?.IsConnected ?? false) || (s.IsConnected && s.Since != told?.Since),
                    stop
                )
                .ConfigureAwait(false);
            store.HandsOverAtOnce = state.IsConnected;
            if (state.IsConnected)
                publisher.Reconnected();
            told = state;
        }
    }
}
