using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.EdgeDaemon.Delivery;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>The configuration as delivery takes it.</summary>
internal static class Links
{
    /// <summary>What the box says and hears.</summary>
    public static LinkOptions OptionsOf(ApplianceConfig config, string bootId, Action<CommandRefused> refused) =>
        new()
        {
            Device = config.Device,
            BootId = bootId,
            Stations = [.. config.Stations.Select(s => s.Name)],
            Allowed = config
                .Mqtt.Commands.Select(c =>
                    c switch
                    {
                        MqttCommand.Trigger => CommandKind.Trigger,
                        MqttCommand.Part => CommandKind.Part,
                        MqttCommand.Recipe => CommandKind.Recipe,
                        MqttCommand.Enroll => CommandKind.Enroll,
                        _ => throw new InvalidOperationException($"{c} is no command"),
                    }
                )
                .ToHashSet(),
            Broker = BrokerOf(config.Mqtt),
            Refused = refused,
            TestsRights = true,
        };

    /// <summary>Whether any station publishes heatmaps.</summary>
    public static bool WantsHeatmaps(ApplianceConfig config) => config.Stations.Any(s => s.Heatmap.When != HeatmapWhen.Never);

    /// <summary>The broker.</summary>
    public static BrokerOptions BrokerOf(MqttConfig mqtt) =>
        new()
        {
            Host = mqtt.Host,
            Port = mqtt.Port,
            Version = mqtt.Version,
            UserName = mqtt.UserName,
            PasswordFile = mqtt.PasswordFile,
            Tls = mqtt.Tls is { } tls ? new BrokerTls(tls.Ca, tls.Certificate, tls.Key) : null,
        };
}
