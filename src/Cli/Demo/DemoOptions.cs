namespace ClipFusion.Cli.Demo;

/// <summary>What the demo was asked for.</summary>
/// <param name="Data">Folder that is kept; null = a temporary one, removed at the end.</param>
/// <param name="Duration">How long parts are judged; null = until it is stopped.</param>
/// <param name="BrokerPort">1..65535; 0 = the system picks; null = <see cref="UsualBrokerPort"/>, or another where that is taken.</param>
/// <param name="HttpPort">1..65535; 0 = the system picks; null = <see cref="UsualHttpPort"/>, or another where that is taken.</param>
/// <param name="Material">What the line makes, as the configuration names it.</param>
/// <param name="PrepareOnly">Write the device's folder to <paramref name="Data"/> and end: for <c>clipfusion run</c> and a broker of the
/// caller's.</param>
internal sealed record DemoOptions(string? Data, TimeSpan? Duration, int? BrokerPort, int? HttpPort, string Material, bool PrepareOnly)
{
    public const int UsualBrokerPort = 1883,
        UsualHttpPort = 8080;
}
