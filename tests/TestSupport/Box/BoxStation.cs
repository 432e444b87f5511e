namespace ClipFusion.TestSupport;

/// <summary>A station of a box under test.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Recipe">Which of the box's recipes is active first; null for none.</param>
public sealed record BoxStation(string Name, string? Recipe = "board")
{
    /// <summary>Frame size of its simulated line.</summary>
    public (int Width, int Height) Frame { get; init; } = (320, 240);

    /// <summary>A folder that it reads instead of a simulated line, in the box's own or absolute; null = none.</summary>
    public string? Inbox { get; init; }

    /// <summary>Accepted inspections that may wait.</summary>
    public int QueueDepth { get; init; } = 8;

    /// <summary>Milliseconds between self-timed triggers; null for none.</summary>
    public int? IntervalMs { get; init; }

    /// <summary>Shortest time between two triggers; null for the program's own.</summary>
    public int? MinTriggerIntervalMs { get; init; }

    /// <summary>Whether requests with the token of the tests may trigger.</summary>
    public bool HttpTriggers { get; init; }

    /// <summary>Whether messages may trigger.</summary>
    public bool MqttTriggers { get; init; } = true;

    /// <summary>As it stands in the configuration.</summary>
    internal object ToJson() =>
        new
        {
            name = Name,
            camera = Inbox is { } folder
                ? (object)new { kind = "folder", folder }
                : new
                {
                    kind = "simulated",
                    seed = 1,
                    width = Frame.Width,
                    height = Frame.Height,
                },
            triggers = new
            {
                mqtt = MqttTriggers,
                http = HttpTriggers,
                intervalMs = IntervalMs,
            },
            queueDepth = QueueDepth,
            recipe = Recipe,
            minTriggerIntervalMs = MinTriggerIntervalMs,
        };
}
