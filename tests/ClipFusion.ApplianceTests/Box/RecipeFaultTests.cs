using System.Text.Json.Nodes;

namespace ClipFusion.ApplianceTests.Box;

/// <summary>Whatever lies where a recipe's files should be: the change ends in failed, and the next one works.</summary>
public sealed class RecipeFaultTests : BoxTest
{
    [Fact]
    public async Task Change_ToARecipeOfPipesAndDevices_FailsAndTheNextOneWorks()
    {
        Mosquitto broker = await BrokerAsync();
        Ledger ledger = await LedgerAsync(broker);
        ApplianceBox box = await ReadyBoxAsync(ledger, new BoxOptions { Port = broker.Port });
        string recipes = Path.GetDirectoryName(box.RecipeFile("plate"))!,
            plate = await File.ReadAllTextAsync(box.RecipeFile("plate"), Cancellation);
        await Programs.MakePipeAsync(Path.Combine(recipes, "pipe.png"), Cancellation);
        Directory.CreateDirectory(Path.Combine(recipes, "folder.png"));
        File.CreateSymbolicLink(Path.Combine(recipes, "link.png"), Path.Combine(recipes, "pipe.png"));
        File.CreateSymbolicLink(Path.Combine(recipes, "zero.png"), "/dev/zero");
        (string File, string What)[] cases =
        [
            ("pipe.png", "named pipe"),
            ("folder.png", "a folder"),
            ("link.png", "named pipe"),
            ("zero.png", "a device"),
            ("nowhere.png", "no such file"),
        ];
        foreach ((string file, string what) in cases)
        {
            JsonNode recipe = JsonNode.Parse(plate)!;
            recipe["references"] = new JsonArray(file);
            await File.WriteAllTextAsync(box.RecipeFile("plate"), recipe.ToJsonString(), Cancellation);
            Assert.Contains(what, await FailureAsync(broker, ledger, "plate", "RECIPE_FAILED"), StringComparison.Ordinal);
            recipe["references"] = new JsonArray("ref0.png");
            recipe["ignore"] = file;
            await File.WriteAllTextAsync(box.RecipeFile("plate"), recipe.ToJsonString(), Cancellation);
            await FailureAsync(broker, ledger, "plate", "RECIPE_FAILED");
        }

        // A recipe file that is none hides no other.
        await Programs.MakePipeAsync(box.RecipeFile("plate"), Cancellation);
        Assert.Contains("named pipe", await FailureAsync(broker, ledger, "plate", "RECIPE_FAILED"), StringComparison.Ordinal);
        File.Delete(box.RecipeFile("plate"));
        await File.WriteAllTextAsync(box.RecipeFile("plate"), plate, Cancellation);
        Assert.Equal("active", (await ChangeAsync(broker, ledger, "plate")).Json.GetProperty("status").GetString());
        await StillReadyAsync(ledger);
    }

    [Fact]
    public async Task Change_ThatTakesTooLong_FailsAtItsDeadlineAndTheStationIsFree()
    {
        Mosquitto broker = await BrokerAsync();
        Ledger ledger = await LedgerAsync(broker);
        ApplianceBox box = await ReadyBoxAsync(ledger, new BoxOptions { Port = broker.Port });
        await box.BlockWarmUpAsync(Cancellation);
        await LimitAsync(3000);
        Assert.Contains("recipeDeadlineMs", await FailureAsync(broker, ledger, "board", "RECIPE_FAILED"), StringComparison.Ordinal);
        // A busy machine may need more for a recipe that is whole.
        await LimitAsync(300_000);
        Assert.Equal("active", (await ChangeAsync(broker, ledger, "plate")).Json.GetProperty("status").GetString());
        await StillReadyAsync(ledger);

        async Task LimitAsync(int ms)
        {
            await box.ConfigureAsync(root => root["recipeDeadlineMs"] = ms, Cancellation);
            await box.SignalAsync("HUP", Cancellation);
            await box.Log.SaysAsync($"and is now {ms}", Cancellation);
        }
    }

    [Fact]
    public async Task Run_WithAPackWhoseBytesChangedUnderTheirOldSizeAndTime_RefusesTriggersUntilItIsWhole()
    {
        Mosquitto broker = await BrokerAsync();
        Ledger ledger = await LedgerAsync(broker);
        ApplianceBox box = await ReadyBoxAsync(ledger, new BoxOptions { Port = broker.Port, OwnPack = true });
        await ledger.NextAsync(e => e.Topic == Out + "state" && e.Json.GetProperty("packCheck").GetString() == "files_only", Cancellation);
        await box.KillAsync(Cancellation);

        string weights = Path.Combine(box.PackFolder, "unet.weights");
        Flip(weights);
        box.Start();
        Entry state = await ledger.NextAsync(
            e => e.Topic == Out + "state" && !e.Retained && e.Json.GetProperty("packCheck").GetString() == "failed",
            Cancellation
        );
        Assert.Equal((false, "NOT_READY"), (IsReady(state), state.Json.GetProperty("error").GetString()));
        Assert.Contains("unet.weights", state.Json.GetProperty("errorText").GetString(), StringComparison.Ordinal);
        await box.Log.SaysAsync("is damaged, and nothing is judged with it", Cancellation);
        await TriggerAsync(broker, "t1");
        Assert.Equal("NOT_READY", (await ledger.NextAsync(Heard.IsAck, Cancellation)).Json.GetProperty("error").GetString());
        await box.KillAsync(Cancellation);

        // Whole again: what was found damaged is judged with only after its whole check.
        Flip(weights);
        Assert.True(File.Exists(Path.Combine(box.DataFolder, "pack.quarantined.json")));
        box.Start();
        await ReadyAsync(ledger);
        Assert.False(File.Exists(Path.Combine(box.DataFolder, "pack.quarantined.json")));
    }

    /// <summary>One bit of the last value's smallest digit, as a disk that rots would do it.</summary>
    private static void Flip(string file)
    {
        DateTime written = File.GetLastWriteTimeUtc(file);
        using (FileStream stream = File.Open(file, FileMode.Open, FileAccess.ReadWrite))
        {
            stream.Seek(-4, SeekOrigin.End);
            int value = stream.ReadByte();
            stream.Seek(-4, SeekOrigin.End);
            stream.WriteByte((byte)(value ^ 1));
        }

        File.SetLastWriteTimeUtc(file, written);
    }

    private async Task<string> FailureAsync(Mosquitto broker, Ledger ledger, string recipe, string code)
    {
        Entry ack = await ChangeAsync(broker, ledger, recipe);
        Assert.Equal(("failed", code), (ack.Json.GetProperty("status").GetString(), ack.Json.GetProperty("error").GetString()));
        return ack.Json.GetProperty("errorText").GetString()!;
    }

    /// <summary>Sets a recipe; the answer that says how it ended.</summary>
    private async Task<Entry> ChangeAsync(Mosquitto broker, Ledger ledger, string recipe)
    {
        await PublishAsync(broker, In + "recipe/set", $$"""{"requestId":"r","recipe":"{{recipe}}"}""");
        return await ledger.NextAsync(
            e => e.Topic == Out + "recipe/ack" && e.Json.GetProperty("status").GetString() != "accepted",
            Cancellation
        );
    }
}
