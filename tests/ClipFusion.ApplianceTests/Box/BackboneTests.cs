using System.Text.Json;

namespace ClipFusion.ApplianceTests.Box;

/// <summary>Boxes whose pack has a backbone: alone, and beside networks that take seconds.</summary>
public sealed class BackboneTests(Packs packs) : LineTest
{
    private const int DeadlineMs = 1000;

    [Fact]
    public async Task Run_BackboneAlone_JudgesFromTriggerToVerdictAndNeedsReferences()
    {
        (Mosquitto broker, Ledger ledger) = await LosslessBrokerAsync();
        BoxRecipe[] recipes =
        [
            new(7, "board", "backbone") { Thresholds = new() { ["backbone"] = 0.0001 } },
            new(8, "bare", "backbone") { References = [] },
        ];
        ApplianceBox box = Own(
            new ApplianceBox(
                new BoxOptions
                {
                    Port = broker.Port,
                    Pack = packs.Backbone,
                    Recipes = recipes,
                    Stations = [new("line1", "board")],
                }
            )
        );
        await InTimeAsync(
            box,
            async () =>
            {
                await using Plc plc = await Plc.ConnectAsync(broker.Port, Cancellation);
                box.Start();
                await plc.ReadyAsync(["line1"], Cancellation);
                await plc.TriggerAsync("line1", "t1", Cancellation);
                JsonElement verdict = (await plc.NextAsync(h => h.Topic.EndsWith("/verdict", StringComparison.Ordinal), Cancellation)).Json;
                Assert.Equal(
                    ("NG", "backbone", false),
                    (
                        verdict.GetProperty("verdict").GetString(),
                        verdict.GetProperty("profile").GetString(),
                        verdict.GetProperty("flags").GetProperty("fallbackProfile").GetBoolean()
                    )
                );
                JsonElement evidence = verdict.GetProperty("evidence");
                Assert.Equal(verdict.GetProperty("score").GetDouble(), evidence.GetProperty("backboneVision").GetDouble());
                Assert.Equal(JsonValueKind.Null, evidence.GetProperty("clipVision").ValueKind);

                await PublishAsync(broker, In + "recipe/set", """{"requestId":"r","recipe":"bare"}""");
                Entry ack = await ledger.NextAsync(
                    e => e.Topic == Out + "recipe/ack" && e.Json.GetProperty("status").GetString() != "accepted",
                    Cancellation
                );
                Assert.Equal(
                    ("failed", "NEEDS_REFERENCES"),
                    (ack.Json.GetProperty("status").GetString(), ack.Json.GetProperty("error").GetString())
                );
            }
        );
    }

    [Fact]
    public async Task Run_UnetSlowerThanTheDeadline_AnswersWithTheHeldBackbone()
    {
        (Mosquitto broker, _) = await LosslessBrokerAsync();
        Dictionary<string, double> thresholds = new() { ["clipfusion"] = 2, ["backbone"] = 2 };
        ApplianceBox box = Own(
            new ApplianceBox(
                new BoxOptions
                {
                    Port = broker.Port,
                    Pack = packs.SlowBesideBackbone,
                    Recipes =
                    [
                        new(7, "held", "clipfusion")
                        {
                            DeadlineMs = DeadlineMs,
                            Thresholds = thresholds,
                            Fallback = "backbone",
                        },
                    ],
                    Stations = [new("line1", "held")],
                }
            )
        );
        await InTimeAsync(
            box,
            async () =>
            {
                await using Plc plc = await Plc.ConnectAsync(broker.Port, Cancellation);
                box.Start();
                await plc.ReadyAsync(["line1"], Cancellation);
                await plc.TriggerAsync("line1", "slow", Cancellation);
                JsonElement verdict = (await plc.NextAsync(h => h.Topic.EndsWith("/verdict", StringComparison.Ordinal), Cancellation)).Json;
                Assert.Equal(
                    ("OK", "backbone", true),
                    (
                        verdict.GetProperty("verdict").GetString(),
                        verdict.GetProperty("profile").GetString(),
                        verdict.GetProperty("flags").GetProperty("fallbackProfile").GetBoolean()
                    )
                );
                JsonElement evidence = verdict.GetProperty("evidence");
                Assert.True(evidence.GetProperty("backboneVision").GetDouble() > 0);
                Assert.Equal(JsonValueKind.Null, evidence.GetProperty("diffVision").ValueKind);
            }
        );
    }
}
