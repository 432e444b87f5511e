using System.Collections.Immutable;
using System.Net;
using ClipFusion.EdgeDaemon.Domain;

namespace ClipFusion.EdgeDaemon.Configuration;

/// <summary>
/// Everything that a device is told before it starts. Immutable; <see cref="ConfigReader"/> checks files, and each default is written there
/// once. Paths are absolute. Secrets are in files that it names, never in it.
/// </summary>
/// <param name="Device">The device's name, 1-32 of <c>[a-z0-9-]</c>; part of every topic.</param>
/// <param name="DataFolder">Database, recipes, images.</param>
/// <param name="ModelPack">The model pack's folder.</param>
/// <param name="Threads">Processor threads for networks and searches, 0..256; 0 = one per core.</param>
/// <param name="Stations">1..16, names distinct.</param>
/// <param name="Mqtt">The broker.</param>
/// <param name="Http">The device's own page and API.</param>
/// <param name="Storage">Limits on what is kept.</param>
/// <param name="Accelerator">What runs the networks.</param>
/// <param name="RecipeDeadline">How long a recipe's making may take, engine builds apart, 1 s..1 h.</param>
internal sealed record ApplianceConfig(
    string Device,
    string DataFolder,
    string ModelPack,
    int Threads,
    ImmutableArray<StationConfig> Stations,
    MqttConfig Mqtt,
    HttpConfig Http,
    StorageConfig Storage,
    AcceleratorConfig Accelerator,
    TimeSpan RecipeDeadline
)
{
    /// <summary>How the program writes its log.</summary>
    public LogConfig Log { get; init; } = new(LogFormat.Text);

    /// <summary>Most stations of a device.</summary>
    public const int MaxStations = 16;

    /// <summary>Where the recipes and their images lie.</summary>
    public string RecipeFolder => Path.Combine(DataFolder, "recipes");
}

/// <summary>The broker and how it is talked to.</summary>
/// <param name="Host">Name or address.</param>
/// <param name="Port">1..65535.</param>
/// <param name="Version">MQTT 5, or 3.1.1 for old gateways.</param>
/// <param name="Tls">TLS; null = none.</param>
/// <param name="UserName">User; null = none.</param>
/// <param name="PasswordFile">File with the password, read at every connection; null = none.</param>
/// <param name="LiveWindow">How old a verdict may be on the live topics, 1 s..10 min.</param>
/// <param name="Commands">What may be commanded over MQTT; nothing else is.</param>
internal sealed record MqttConfig(
    string Host,
    int Port,
    MqttVersion Version,
    TlsConfig? Tls,
    string? UserName,
    string? PasswordFile,
    TimeSpan LiveWindow,
    ImmutableArray<MqttCommand> Commands
)
{
    /// <summary>What becomes of a verdict that nobody subscribes to.</summary>
    public NoSubscriber NoSubscriber { get; init; }
}

/// <summary>What becomes of a verdict that the broker answered with "no matching subscribers" on every live topic.</summary>
internal enum NoSubscriber
{
    /// <summary>It waits for replay until somebody subscribes.</summary>
    Replay,

    /// <summary>It counts as delivered: for boxes that nobody listens to.</summary>
    Delivered,
}

/// <summary>A command topic.</summary>
internal enum MqttCommand
{
    /// <summary><c>in/{station}/trigger</c>.</summary>
    Trigger,

    /// <summary><c>in/{station}/part</c>.</summary>
    Part,

    /// <summary><c>in/{station}/recipe/set</c>.</summary>
    Recipe,

    /// <summary><c>in/{station}/enroll</c>.</summary>
    Enroll,
}

/// <summary>TLS to the broker; all files PEM.</summary>
/// <param name="Ca">Certificates that the broker's must lead to; null = the system's.</param>
/// <param name="Certificate">The device's own certificate; null = none.</param>
/// <param name="Key">Its key; there exactly when the certificate is.</param>
internal sealed record TlsConfig(string? Ca, string? Certificate, string? Key);

/// <summary>The device's own page and API.</summary>
/// <param name="Address">A loopback address.</param>
/// <param name="Port">0..65535; 0 = one that the system picks.</param>
/// <param name="TokenFile">File with the token that requests which change something must show; null = no such requests.</param>
/// <param name="PublicOrigin">Scheme, name and port under which a proxy on this device shows the page; null = there is no proxy.</param>
internal sealed record HttpConfig(IPAddress Address, int Port, string? TokenFile, string? PublicOrigin = null);

/// <summary>How the program writes its log.</summary>
/// <param name="Format">Form of a line.</param>
internal sealed record LogConfig(LogFormat Format);

/// <summary>Form of the log's lines.</summary>
internal enum LogFormat
{
    /// <summary>For people; with the journal's priorities where systemd runs the program.</summary>
    Text,

    /// <summary>One JSON object a line.</summary>
    Json,
}

/// <summary>Limits on what is kept.</summary>
/// <param name="ReserveMb">Megabytes set aside so that verdicts can be stored on a full disk, 1..4096.</param>
/// <param name="OutboxMaxGigabytes">Cap of messages that wait for the broker.</param>
/// <param name="OutboxMaxDays">Age of the same, 1..365.</param>
/// <param name="RetentionDays">How long inspections are kept, 1..3650.</param>
internal sealed record StorageConfig(int ReserveMb, double OutboxMaxGigabytes, int OutboxMaxDays, int RetentionDays);
