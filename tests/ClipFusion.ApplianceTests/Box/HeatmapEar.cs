using System.Threading.Channels;

namespace ClipFusion.ApplianceTests.Box;

/// <summary>A heatmap as <c>mosquitto_sub</c> received it with MQTT 5.</summary>
internal sealed record HeardHeatmap(string Topic, string UserProperties, string ContentType, byte[] Picture);

/// <summary>Hears the heatmaps of all stations.</summary>
internal sealed class HeatmapEar : IAsyncDisposable
{
    private const string Marker = "heatmap/marker";
    private readonly Child _sub;
    private readonly Channel<HeardHeatmap> _heard = Channel.CreateUnbounded<HeardHeatmap>();

    private HeatmapEar(Mosquitto broker, string[] also) =>
        _sub = Mosquitto.Subscribe(
            broker.Port,
            [
                "-V",
                "5",
                "-t",
                "clipfusion/v1/box/out/+/heatmap",
                "-t",
                Marker,
                .. also.SelectMany(t => new[] { "-t", t }),
                "-F",
                "%t|%P|%C|%x",
            ],
            line =>
            {
                if (line.Split('|') is [var topic, var properties, var type, var picture])
                    _heard.Writer.TryWrite(new HeardHeatmap(topic, properties, type, Convert.FromHexString(picture)));
            }
        );

    /// <summary>Heatmaps that were heard and not taken yet.</summary>
    public int Waiting => _heard.Reader.Count;

    /// <param name="broker">Where.</param>
    /// <param name="cancellation">Ends the wait for the subscription.</param>
    /// <param name="also">Further topics, heard in one order with the heatmaps.</param>
    public static async Task<HeatmapEar> StartAsync(Mosquitto broker, CancellationToken cancellation, params string[] also)
    {
        // A retained marker comes back as soon as the subscription stands.
        await Ledger.PublishAsync(broker, ["-t", Marker, "-m", "00", "-r", "-q", "1"], "", cancellation);
        var ear = new HeatmapEar(broker, also);
        await ear.NextAsync(cancellation);
        return ear;
    }

    public ValueTask<HeardHeatmap> NextAsync(CancellationToken cancellation) => _heard.Reader.ReadAsync(cancellation);

    public ValueTask DisposeAsync() => _sub.DisposeAsync();
}
