using System.Threading.Channels;
using ClipFusion.EdgeDaemon.Domain;
using MQTTnet;

namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>Takes commands as they arrive, understands them, and puts each into its station's queue or refuses it. Never waits and never
/// throws.</summary>
internal sealed class CommandRouter(
    LinkOptions options,
    Topics topics,
    TimeProvider time,
    Action<string, OutMessage> answer,
    Action<string, TriggerAckMessage, byte[]?> acknowledge
)
{
    private readonly Dictionary<string, Channel<Command>> _queues = options.Stations.ToDictionary(
        s => s,
        _ => Channel.CreateBounded<Command>(new BoundedChannelOptions(options.CommandQueue) { SingleReader = true, SingleWriter = true }),
        StringComparer.Ordinal
    );

    public ChannelReader<Command> Commands(string station) => _queues[station].Reader;

    /// <summary>Looks at one message; what is no command of a known station is ignored.</summary>
    public void Take(MqttApplicationMessage message)
    {
        if (!topics.TryParse(message.Topic, out string station, out var kind) || !_queues.TryGetValue(station, out Channel<Command>? queue))
            return;
        byte[]? correlation = message.CorrelationData is { Length: <= LinkOptions.MaximumCorrelation } data ? data : null;
        long now = time.GetTimestamp();

        var (command, id, code, error) = Understand(message, station, kind, now, correlation);
        if (command is not null && !queue.Writer.TryWrite(command))
            (code, error) = (Code.QueueFull, $"{options.CommandQueue} commands wait already; try again");
        if (error is null)
            return;
        options.Refused(new CommandRefused(station, kind, code, error));
        if (kind == CommandKind.Trigger)
        {
            acknowledge(station, TriggerAckMessage.ForRefused(id, code, error, time.GetUtcNow()), correlation);
        }
        else if (kind == CommandKind.Recipe)
        {
            string? recipe = (command as RecipeCommand)?.Content.Recipe;
            var ack = new RecipeAckMessage(id, recipe, RecipeChange.Refused, null, code, error, time.GetUtcNow());
            answer(station, Answers.RecipeAck(topics, station, ack, correlation));
        }
        else if (kind == CommandKind.Enroll)
        {
            EnrollAction? action = (command as EnrollCommand)?.Content.Action;
            var refusal = EnrollProgressMessage.ForRefused(id, action, code, error, time.GetUtcNow());
            answer(station, Answers.EnrollProgress(topics, station, refusal, correlation));
        }
    }

    private (Command? Command, string? Id, Code Code, string? Error) Understand(
        MqttApplicationMessage message,
        string station,
        CommandKind kind,
        long now,
        byte[]? correlation
    )
    {
        var payload = message.Payload;
        var (command, id, error) = kind switch
        {
            CommandKind.Trigger => Of(CommandParser.Trigger(payload), c => new TriggerCommand(station, now, correlation, c)),
            CommandKind.Part => Of(CommandParser.Part(payload), c => new PartCommand(station, now, correlation, c)),
            CommandKind.Enroll => Of(CommandParser.Enroll(payload), c => new EnrollCommand(station, now, correlation, c)),
            _ => Of(CommandParser.Recipe(payload), c => new RecipeCommand(station, now, correlation, c)),
        };
        if (message.Retain)
            return (null, id, Code.Retained, "a retained message is no command; expected the retain flag to be off");
        if (!options.Allowed.Contains(kind))
            return (
                null,
                id,
                Code.NotAllowed,
                $"commands of the kind {kind.ToString().ToLowerInvariant()} are not on this device's allow-list"
            );
        return error is null ? (command, id, Code.None, null) : (null, id, Code.Malformed, error);
    }

    private static (Command?, string?, string?) Of<T>(Parsed<T> parsed, Func<T, Command> make)
        where T : class => (parsed.Value is { } value ? make(value) : null, parsed.Id, parsed.Error);
}
