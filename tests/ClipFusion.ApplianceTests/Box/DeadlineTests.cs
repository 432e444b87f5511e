using System.Text.Json;
using ClipFusion.ApplianceTests.Broker;

namespace ClipFusion.ApplianceTests.Box;

/// <summary>A UNet that takes seconds: the line gets its answer in time all the same, and its neighbour does not notice.</summary>
public sealed class DeadlineTests(Packs packs) : LineTest
{
    /// <summary>Far less than the slow UNet takes, far more than everything before it.</summary>
    private const int DeadlineMs = 1000;

    private static readonly Dictionary<string, double> Both = new() { ["clipfusion"] = 1, ["patchclip"] = 1 };

    private static readonly BoxRecipe[] Deadlines =
    [
        new(7, "whole", "clipfusion") { DeadlineMs = DeadlineMs, Thresholds = Both },
        new(8, "only-whole", "clipfusion") { DeadlineMs = DeadlineMs },
        // A neighbour may have to wait until the other's deadline has ended its networks.
        new(9, "fast", "patchclip") { DeadlineMs = 4 * DeadlineMs },
    ];

    [Theory]
    [InlineData("whole", "OK", null)]
    [InlineData("only-whole", "NOT_JUDGED", "deadline")]
    public async Task Run_UnetSlowerThanTheDeadline_AnswersInTimeInOrderAndLeavesTheOtherStationAlone(
        string recipe,
        string verdict,
        string? reason
    )
    {
        const int Parts = 3;
        (Mosquitto broker, _) = await LosslessBrokerAsync();
        ApplianceBox box = Own(
            new ApplianceBox(
                new BoxOptions
                {
                    Port = broker.Port,
                    Pack = packs.Slow,
                    Recipes = Deadlines,
                    Stations = [new("line1", recipe), new("line2", "fast")],
                }
            )
        );
        List<PlcMessage> heard = [];
        await InTimeAsync(
            box,
            async () =>
            {
                await using Plc plc = await Plc.ConnectAsync(broker.Port, Cancellation);
                box.Start();
                await plc.ReadyAsync(["line1", "line2"], Cancellation);
                for (int i = 0; i < Parts; i++)
                {
                    await plc.TriggerAsync("line1", $"slow{i}", Cancellation);
                    await plc.TriggerAsync("line2", $"fast{i}", Cancellation);
                    for (int left = 2; left > 0; left--)
                        heard.Add(await plc.NextAsync(h => h.Topic.EndsWith("/verdict", StringComparison.Ordinal), Cancellation));
                }
            }
        );

        JsonElement[] slow = Of(heard, "line1"),
            fast = Of(heard, "line2");
        Assert.Equal([1, 2, 3], slow.Select(v => v.GetProperty("seq").GetInt32()));
        Assert.All(slow, v => Assert.Equal((verdict, reason), (v.GetProperty("verdict").GetString(), v.GetProperty("reason").GetString())));
        bool isHeld = reason is null;
        Assert.All(slow, v => Assert.Equal(isHeld, v.GetProperty("flags").GetProperty("fallbackProfile").GetBoolean()));
        // Decided in time; handing it over takes a commit, which a busy disk may hold up beyond the margin that is kept for it, and then
        // the verdict says "late".
        Assert.All(slow, v => Assert.InRange(Took(v), TimeSpan.Zero, TimeSpan.FromMilliseconds(DeadlineMs)));
        if (isHeld)
            Assert.All(slow, v => AssertEvidenceOfPatchClip(v));

        Assert.Equal([1, 2, 3], fast.Select(v => v.GetProperty("seq").GetInt32()));
        Assert.All(fast, v => Assert.Equal("OK", v.GetProperty("verdict").GetString()));
        Assert.All(
            fast,
            v =>
                Assert.False(
                    v.GetProperty("flags").GetProperty("late").GetBoolean()
                        || v.GetProperty("flags").GetProperty("fallbackProfile").GetBoolean(),
                    v.GetRawText()
                )
        );
        // While the neighbour's UNet was running.
        Assert.All(fast.Zip(slow), pair => Assert.True(At(pair.First, "acceptedAt") < At(pair.Second, "completedAt")));
    }

    [Fact]
    public async Task Run_BrokerAwayOverTheDeadline_SaysLate()
    {
        (Mosquitto broker, _) = await LosslessBrokerAsync();
        await using var cable = new Cable(broker.Port);
        ApplianceBox box = Own(
            new ApplianceBox(
                new BoxOptions
                {
                    Port = cable.Port,
                    Pack = packs.Slow,
                    Recipes = Deadlines,
                    Stations = [new("line1", "whole")],
                }
            )
        );
        PlcMessage verdict = null!;
        await InTimeAsync(
            box,
            async () =>
            {
                await using Plc plc = await Plc.ConnectAsync(broker.Port, Cancellation);
                box.Start();
                await plc.ReadyAsync(["line1"], Cancellation);
                await plc.TriggerAsync("line1", "late", Cancellation);
                await plc.NextAsync(h => h.Topic.EndsWith("/trigger/ack", StringComparison.Ordinal), Cancellation);
                // Away until the deadline has passed, back well within the ten seconds in which a verdict is live: the box beats every
                // second, from before the deadline on.
                using PageEvents events = await PageEvents.ListenAsync(await box.PageAsync(Cancellation), Cancellation);
                await cable.StayCutAsync(AfterTheVerdictAsync(events));
                verdict = await plc.NextAsync(
                    h =>
                        h.Topic.EndsWith("/verdict", StringComparison.Ordinal)
                        || h.Topic.EndsWith("/verdict/replay", StringComparison.Ordinal),
                    Cancellation
                );
            }
        );

        Assert.EndsWith("/verdict", verdict.Topic, StringComparison.Ordinal);
        JsonElement flags = verdict.Json.GetProperty("flags");
        Assert.Equal(
            (true, true, false),
            (
                flags.GetProperty("late").GetBoolean(),
                flags.GetProperty("fallbackProfile").GetBoolean(),
                flags.GetProperty("replayed").GetBoolean()
            )
        );
    }

    /// <summary>A verdict is decided a little before the deadline; the second beat from then on is a second later at least.</summary>
    private async Task AfterTheVerdictAsync(PageEvents events)
    {
        await events.HearAsync("verdict", 1, Cancellation);
        await events.HearAsync("device", 2, Cancellation);
    }

    private static void AssertEvidenceOfPatchClip(JsonElement verdict)
    {
        JsonElement evidence = verdict.GetProperty("evidence");
        Assert.Equal("patchclip", verdict.GetProperty("profile").GetString());
        Assert.Equal(
            (JsonValueKind.Number, JsonValueKind.Null),
            (evidence.GetProperty("clipVision").ValueKind, evidence.GetProperty("diffVision").ValueKind)
        );
    }

    private static TimeSpan Took(JsonElement verdict) => At(verdict, "completedAt") - At(verdict, "acceptedAt");

    private static DateTimeOffset At(JsonElement verdict, string property) => verdict.GetProperty(property).GetDateTimeOffset();

    private static JsonElement[] Of(IEnumerable<PlcMessage> heard, string station) =>
        [.. heard.Where(h => h.Topic.Contains($"/{station}/", StringComparison.Ordinal)).Select(h => h.Json)];
}
