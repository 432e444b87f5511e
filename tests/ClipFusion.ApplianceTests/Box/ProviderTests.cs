using System.Text.Json;

namespace ClipFusion.ApplianceTests.Box;

/// <summary>What the line is told of the hardware that runs the networks, on a machine without a GPU.</summary>
public sealed class ProviderTests : BoxTest
{
    [Fact]
    public async Task State_OnABoxWithoutAGpu_NamesTheCpuAndWhyNothingBetterIsThere()
    {
        Mosquitto broker = await BrokerAsync();
        Ledger ledger = await LedgerAsync(broker);
        await ReadyBoxAsync(ledger, new BoxOptions { Port = broker.Port });
        JsonElement state = (await ledger.NextAsync(e => e.Topic == Out + "state" && !e.Retained && IsReady(e), Cancellation)).Json;
        Assert.Equal("cpu", state.GetProperty("provider").GetString());
        Assert.Contains("cuda: this ONNX Runtime", state.GetProperty("providerNote").GetString(), StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Null, state.GetProperty("engineBuild").ValueKind);
    }

    [Fact]
    public async Task NamedProviderThatIsNotThere_LeavesTheStationNotReady_AndStateSaysWhy()
    {
        Mosquitto broker = await BrokerAsync();
        Ledger ledger = await LedgerAsync(broker);
        ApplianceBox box = Own(
            new ApplianceBox(new BoxOptions { Port = broker.Port, Environment = [("CLIPFUSION__ACCELERATOR__IMAGETOWER", "cuda")] })
        );
        box.Start();
        Entry state = await ledger.NextAsync(
            e =>
                e.Topic == Out + "state" && e.Json.GetProperty("errorText").GetString()?.Contains("cuda", StringComparison.Ordinal) == true,
            Cancellation
        );
        Assert.False(IsReady(state));
        Assert.Contains(
            "no recipe is active: recipe 'board': clip_image can't be run (imageTower): cuda: this ONNX Runtime",
            state.Json.GetProperty("errorText").GetString(),
            StringComparison.Ordinal
        );
        Assert.Equal("NOT_READY", state.Json.GetProperty("error").GetString());
    }
}
