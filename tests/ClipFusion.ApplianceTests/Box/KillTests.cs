namespace ClipFusion.ApplianceTests.Box;

/// <summary>The power goes, at every step of the flow and at any instant: what was acked is answered, once, in order, and what was promised
/// to the disk is acked.</summary>
public sealed class KillTests(Packs packs) : LineTest(TimeSpan.FromMinutes(10))
{
    /// <summary>Every step that a trigger passes, packs taking turns.</summary>
    public static TheoryData<string, string> Steps =>
        new()
        {
            { "received", "starter" },
            { "accepted", "recorded" },
            { "acked", "starter" },
            { "ackMarked", "recorded" },
            { "framed", "starter" },
            { "turnTaken", "recorded" },
            { "held", "starter" },
            { "judged", "recorded" },
            { "decided", "starter" },
            { "stored", "recorded" },
            { "handed", "starter" },
            { "delivered", "recorded" },
        };

    [Theory]
    [MemberData(nameof(Steps))]
    public async Task Run_KilledAtAStep_AnswersWhatItAcceptedOnceAndInOrder(string step, string pack)
    {
        (Mosquitto broker, Ledger ledger) = await LosslessBrokerAsync();
        ApplianceBox box = Own(new ApplianceBox(Options(broker, packs[pack])));
        var book = new LineBook("line1");
        await InTimeAsync(
            box,
            async () =>
            {
                box.Start(killAt: $"{step}:2");
                await book.ReadyAsync(ledger, Cancellation);
                foreach (string id in (string[])["first", "killed"])
                    await book.TriggerAsync(broker, id, Cancellation);
                Assert.Equal(ApplianceBox.Killed, await box.EndAsync(Cancellation));
                Assert.Contains("CLIPFUSION_TEST_KILL_AT", box.Log.ToString(), StringComparison.Ordinal);

                box.Start();
                await book.ReadyAsync(ledger, Cancellation);
                await book.FinishAsync(broker, ledger, Cancellation);
                Assert.Equal(0, await box.StopAsync(Cancellation));
            }
        );

        // What came and was not yet accepted is as if it had never come; from then on it has an ack and a verdict.
        string[] expected = step == "received" ? ["first", "last"] : ["first", "killed", "last"];
        Assert.Equal(expected, book.Acks.Select(LineBook.IdOf).Distinct());
        Assert.Equal(expected, book.Verdicts.Select(LineBook.IdOf).Distinct());
        book.Check(atLeast: expected.Length);
    }

    /// <summary>The third verdict of several was handed over when the process died: it comes again and says so, on every topic, and the
    /// others come once.</summary>
    [Theory]
    [InlineData("handed", true)]
    [InlineData("stored", true)]
    [InlineData("delivered", false)]
    public async Task Run_KilledWithSeveralUnderWay_FlagsWhatMayHaveBeenSent(string step, bool isSentAgain)
    {
        (Mosquitto broker, Ledger ledger) = await LosslessBrokerAsync();
        ApplianceBox box = Own(new ApplianceBox(Options(broker, packs.Recorded)));
        var book = new LineBook("line1");
        await InTimeAsync(
            box,
            async () =>
            {
                box.Start(killAt: $"{step}:3");
                await book.ReadyAsync(ledger, Cancellation);
                for (int i = 0; i < 6; i++)
                    await book.TriggerAsync(broker, $"t{i}", Cancellation);
                Assert.Equal(ApplianceBox.Killed, await box.EndAsync(Cancellation));
                box.Start();
                await book.ReadyAsync(ledger, Cancellation);
                await book.FinishAsync(broker, ledger, Cancellation);
                Assert.Equal(0, await box.StopAsync(Cancellation));
            }
        );
        book.Check(atLeast: 2);
        Entry[] third = [.. book.Verdicts.Where(e => e.Json.GetProperty("seq").GetInt64() == 3)];
        Assert.Equal(isSentAgain, third.Any(e => e.Json.GetProperty("flags").GetProperty("duplicate").GetBoolean()));
        // Storing does not wait for delivery: where it was the third to be stored, the ones before may be on their way as well.
        if (step == "stored")
            return;
        Assert.All(
            book.Verdicts.Where(e => e.Json.GetProperty("seq").GetInt64() < 3),
            e => Assert.False(e.Json.GetProperty("flags").GetProperty("duplicate").GetBoolean())
        );
    }

    [Theory]
    [InlineData("starter")]
    [InlineData("recorded")]
    public async Task Run_KilledAgainAndAgain_AnswersEveryAckedTriggerOnceAndInOrder(string pack)
    {
        const int Kills = 15,
            TriggersPerLife = 3;
        (Mosquitto broker, Ledger ledger) = await LosslessBrokerAsync();
        ApplianceBox box = Own(new ApplianceBox(Options(broker, packs[pack])));
        var book = new LineBook("line1");
        await InTimeAsync(
            box,
            async () =>
            {
                await book.LiveAndDieAsync(broker, ledger, box, new Random(11), Kills, TriggersPerLife, Cancellation);
                box.Start();
                await book.ReadyAsync(ledger, Cancellation);
                await book.FinishAsync(broker, ledger, Cancellation);
                Assert.Equal(0, await box.StopAsync(Cancellation));
            }
        );
        book.Check(atLeast: Kills);
    }

    [Theory]
    [InlineData("recipeLoaded", 7)]
    [InlineData("recipeRemembered", 8)]
    public async Task Run_KilledInARecipeChange_HasOneOfTheTwoAndGoesOn(string step, int expected)
    {
        (Mosquitto broker, Ledger ledger) = await LosslessBrokerAsync();
        ApplianceBox box = Own(new ApplianceBox(Options(broker, packs.Recorded)));
        var book = new LineBook("line1");
        await InTimeAsync(
            box,
            async () =>
            {
                // The first passing is the start's own.
                box.Start(killAt: $"{step}:2");
                await book.ReadyAsync(ledger, Cancellation);
                await Ledger.PublishAsync(broker, ["-q", "1", "-t", "clipfusion/v1/box/in/line1/recipe/set", "-s"], "8", Cancellation);
                Assert.Equal(ApplianceBox.Killed, await box.EndAsync(Cancellation));
                box.Start();
                await book.ReadyAsync(ledger, Cancellation);
                Assert.Equal(expected, book.Heard[^1].Json.GetProperty("recipe").GetProperty("number").GetInt32());
                await book.FinishAsync(broker, ledger, Cancellation);
            }
        );
        book.Check(atLeast: 1);
    }

    [Fact]
    public async Task Run_KilledBeforeAFileIsPutAway_PutsItAwayAndJudgesTheNext()
    {
        (Mosquitto broker, Ledger ledger) = await LosslessBrokerAsync();
        string inbox = Directory.CreateDirectory(Path.Combine(broker.Folder, "in")).FullName;
        ApplianceBox box = Own(new ApplianceBox(Options(broker, packs.Recorded, new BoxStation("line1") { Inbox = inbox })));
        foreach (string name in (string[])["a.png", "b.png", "c.png"])
            NoisePicture.Write(Path.Combine(inbox, name), 3);
        var book = new LineBook("line1");
        await InTimeAsync(
            box,
            async () =>
            {
                box.Start(killAt: "settling:1");
                await book.ReadyAsync(ledger, Cancellation);
                await book.TriggerAsync(broker, "a", Cancellation);
                Assert.Equal(ApplianceBox.Killed, await box.EndAsync(Cancellation));
                Assert.True(File.Exists(Path.Combine(inbox, "a.png")));

                box.Start();
                await book.ReadyAsync(ledger, Cancellation);
                await book.TriggerAsync(broker, "again", Cancellation);
                await book.FinishAsync(broker, ledger, Cancellation);
                // SIGTERM lets what is decided be put away.
                Assert.Equal(0, await box.StopAsync(Cancellation));
            }
        );
        Assert.Equal(["a.png", "b.png", "c.png"], Directory.GetFiles(Path.Combine(inbox, "done")).Select(Path.GetFileName).Order());
        // Each picture is one part's, before the kill and after it.
        Assert.Equal(
            [("a", "a.png"), ("again", "b.png"), ("last", "c.png")],
            book.Verdicts.Select(v => (LineBook.IdOf(v)!, v.Json.GetProperty("frame").GetProperty("file").GetString()!)).Distinct()
        );
        book.Check(atLeast: 3);
    }
}
