namespace ClipFusion.ApplianceTests.Box;

/// <summary>What a test's box is like.</summary>
internal sealed record BoxOptions
{
    /// <summary>TCP port of the broker, or of a cable to it.</summary>
    public required int Port { get; init; }

    public string[] Stations { get; init; } = ["line1"];

    /// <summary>The simulated camera is replaced by a folder.</summary>
    public bool FolderCamera { get; init; }

    /// <summary>Milliseconds between self-timed triggers; null for none.</summary>
    public int? IntervalMs { get; init; }

    public int QueueDepth { get; init; } = 8;

    /// <summary>"5" or "3.1.1".</summary>
    public string Version { get; init; } = "5";

    public string? UserName { get; init; }

    public string? PasswordFile { get; init; }

    /// <summary>PEM file of the authority that the broker's certificate must come from; null for no encryption.</summary>
    public string? Ca { get; init; }

    /// <summary>What may be commanded over MQTT.</summary>
    public string[] Commands { get; init; } = ["trigger", "recipe"];

    /// <summary>The data folder; null for one of its own.</summary>
    public string? DataFolder { get; init; }

    /// <summary>Whether requests with the token of the tests may trigger.</summary>
    public bool HttpTriggers { get; init; }

    /// <summary>Port of page and API; 0 = one that the system picks, as tests run side by side.</summary>
    public int HttpPort { get; init; }

    /// <summary>Where a proxy shows the page; null for no proxy.</summary>
    public string? PublicOrigin { get; init; }

    /// <summary>Variables beside those of the tests.</summary>
    public (string Name, string Value)[] Environment { get; init; } = [];
}
