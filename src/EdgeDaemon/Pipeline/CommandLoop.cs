using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Runtime;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>One station's commands over MQTT, in the order of their arrival. Triggers are answered when they are committed, recipe changes
/// at once and again at their end.</summary>
internal sealed class CommandLoop(
    Station station,
    MqttLink link,
    VerdictPublisher publisher,
    FrameNotices frames,
    RecipeActivator recipes,
    StationEnrollment enrollment,
    Heartbeats heartbeats,
    string bootId,
    TimeProvider time
)
{
    /// <summary>Runs until the program ends.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using Heartbeat heartbeat = heartbeats.Add($"{station.Name}: commands");
        await foreach (Command command in link.Commands(station.Name).ReadAllAsync(heartbeat, stop).ConfigureAwait(false))
        {
            switch (command)
            {
                case TriggerCommand trigger:
                    // Waits for the disk, which may take as long as it takes.
                    await heartbeat.WaitAsync(TriggerAsync(trigger, stop)).ConfigureAwait(false);
                    break;
                case PartCommand part:
                    station.Parts.Add(part.PartId, part.ReceivedTimestamp);
                    break;
                case RecipeCommand recipe:
                    ChangeRecipe(recipe, stop);
                    break;
                case EnrollCommand enroll:
                    // Beside the triggers; it answers by itself.
                    _ = enrollment.TakeAsync(enroll.Content, enroll.CorrelationData);
                    break;
            }
        }
    }

    private async Task TriggerAsync(TriggerCommand command, CancellationToken stop)
    {
        KillPoint.Pass(KillStep.Received);
        Taken taken = station.Config.Triggers.Mqtt
            ? await station.Acceptance.TakeAsync(command.ToTrigger(), stop).ConfigureAwait(false)
            : new Taken(
                TriggerAckMessage.ForRefused(
                    command.Content.TriggerId,
                    Code.NotAllowed,
                    "this station is not triggered over MQTT",
                    time.GetUtcNow()
                )
            );
        QueuedAnswer queued = link.Acknowledge(station.Name, taken.Ack, command.CorrelationData);
        frames.Acked(station.Name, taken.Ack, taken.Given);
        if (taken.Given is not null)
            _ = ResendAsync(taken.Given, queued.Handed);
        _ = station.Acceptance.NoteAckedAsync(taken.Ack, queued);
    }

    private async Task ResendAsync(VerdictRecord given, Task ackHanded)
    {
        await ackHanded.ConfigureAwait(false);
        publisher.Resend(OutboxBridge.Row(given, bootId, time));
    }

    /// <summary>Answers at once and goes on beside the triggers, which are refused until it is done.</summary>
    private void ChangeRecipe(RecipeCommand command, CancellationToken stop)
    {
        if (!station.Recipes.TryBeginChange())
        {
            Answer(command, RecipeChange.Refused, new RecipeOutcome(Code.Busy, "another recipe change is under way"));
            return;
        }

        Answer(command, RecipeChange.Accepted, default);
        _ = FinishAsync();

        async Task FinishAsync()
        {
            RecipeOutcome outcome = await recipes.FinishChangeAsync(station, command.Content.Recipe, set: null, stop).ConfigureAwait(false);
            Answer(command, outcome.Code == Code.None ? RecipeChange.Active : RecipeChange.Failed, outcome);
        }
    }

    private void Answer(RecipeCommand command, RecipeChange status, RecipeOutcome outcome) =>
        link.TrySend(
            station.Name,
            Answers.RecipeAck(
                link.Topics,
                station.Name,
                new RecipeAckMessage(
                    command.Content.RequestId,
                    command.Content.Recipe,
                    status,
                    station.Recipes.Stamp,
                    outcome.Code,
                    outcome.Why,
                    time.GetUtcNow()
                ),
                command.CorrelationData
            )
        );
}
