namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>What the device says and hears over MQTT.</summary>
internal sealed record LinkOptions
{
    /// <summary>Most bytes of correlation data that are echoed.</summary>
    public const int MaximumCorrelation = 256;

    /// <summary>The broker.</summary>
    public required BrokerOptions Broker { get; init; }

    /// <summary>Name of the device.</summary>
    public required string Device { get; init; }

    /// <summary>Names one run of the program.</summary>
    public required string BootId { get; init; }

    /// <summary>Names of the stations.</summary>
    public required IReadOnlyList<string> Stations { get; init; }

    /// <summary>Which commands MQTT may give.</summary>
    public IReadOnlySet<CommandKind> Allowed { get; init; } =
        new HashSet<CommandKind> { CommandKind.Trigger, CommandKind.Part, CommandKind.Recipe };

    /// <summary>Most commands of one station that wait; one more is refused QUEUE_FULL.</summary>
    public int CommandQueue { get; init; } = 64;

    /// <summary>Most answers of one station that wait for the broker. Two go out per trigger, and a flood of ten thousand is to be answered
    /// in full.</summary>
    public int AnswerQueue { get; init; } = 32_768;

    /// <summary>Whether the device finds out with MQTT 3.1.1 where it may write: see <see cref="RightsTest"/>.</summary>
    public bool TestsRights { get; init; }

    /// <summary>Told of every command that was refused before it reached its station; must not wait.</summary>
    public Action<CommandRefused> Refused { get; init; } = _ => { };
}
