namespace ClipFusion.EdgeDaemon.Demo;

/// <summary>What the demo was asked for.</summary>
/// <param name="Data">Folder that is kept; null = a temporary one, removed at the end.</param>
/// <param name="Duration">How long parts are judged; null = until it is stopped.</param>
/// <param name="BrokerPort">1..65535; 0 = the system picks.</param>
/// <param name="HttpPort">1..65535; 0 = the system picks.</param>
internal sealed record DemoOptions(string? Data, TimeSpan? Duration, int BrokerPort, int HttpPort);
