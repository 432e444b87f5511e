using System.Net;
using System.Net.Sockets;
using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Domain;

namespace ClipFusion.ApplianceTests.Broker;

public sealed class ConnectionTests : DeliveryTest
{
    [Fact]
    public async Task Link_CleanStop_SaysOnlineThenOffline()
    {
        var broker = await BrokerAsync("allow_anonymous true");
        var ledger = await LedgerAsync(broker);
        var link = await ConnectedAsync(Options(broker.Port));
        Assert.Equal("online", await NextStatusAsync(ledger));
        await link.StopAsync();
        Assert.Equal("offline", await NextStatusAsync(ledger));
    }

    [Fact]
    public async Task Link_Cut_BrokerSaysLostAndTheLinkComesBack()
    {
        var broker = await BrokerAsync("allow_anonymous true");
        var ledger = await LedgerAsync(broker);
        await using var cable = new Cable(broker.Port);
        var link = await ConnectedAsync(Options(cable.Port));
        Assert.Equal("online", await NextStatusAsync(ledger));
        cable.Cut();
        Assert.Equal("lost", await NextStatusAsync(ledger));
        Assert.Equal("online", await NextStatusAsync(ledger));
        Assert.NotNull((await link.WhenAsync(s => s.IsConnected, Cancellation)).LastErrorText);
    }

    [Fact]
    public async Task Link_CableDead_IsNoticedByTheMissingAnswerAndReplaced()
    {
        var broker = await BrokerAsync("allow_anonymous true");
        await using var cable = new Cable(broker.Port);
        var options = Options(cable.Port);
        var link = await ConnectedAsync(options with { Broker = options.Broker with { Timeout = TimeSpan.FromSeconds(1) } });
        cable.GoDead();
        Assert.Equal(PublishStatus.Unknown, (await link.PublishAsync(new(Topics.Verdict("line1"), "{}"u8.ToArray()), Cancellation)).Status);
        var state = await link.WhenAsync(s => s.IsConnected && s.LastErrorText is not null, Cancellation);
        Assert.Matches("no answer|timed out", state.LastErrorText);
    }

    [Fact]
    public async Task Link_SomebodyAcceptsAndSaysNothing_TimesOutAndGoesOnTrying()
    {
        using var mute = new TcpListener(IPAddress.Loopback, 0);
        mute.Start();
        var options = Options(((IPEndPoint)mute.LocalEndpoint).Port);
        var link = Link(options with { Broker = options.Broker with { Timeout = TimeSpan.FromMilliseconds(300) } });
        using var first = await mute.AcceptTcpClientAsync(Cancellation);
        Assert.Equal(LinkError.TimedOut, (await link.WhenAsync(s => s.Error != LinkError.None, Cancellation)).Error);
        using var second = await mute.AcceptTcpClientAsync(Cancellation);
    }

    [Fact]
    public async Task Link_WrongPassword_IsNamedAndTheFileIsReadAgain()
    {
        var broker = Own(new Mosquitto("allow_anonymous false", "password_file {folder}/passwords"));
        await broker.WritePasswordAsync("box", "right", Cancellation);
        await broker.StartAsync(Cancellation);
        string file = broker.Path("password");
        await File.WriteAllTextAsync(file, "wrong\n", Cancellation);
        var options = Options(broker.Port);
        var link = Link(options with { Broker = options.Broker with { UserName = "box", PasswordFile = file } });
        var state = await link.WhenAsync(s => s.Error != LinkError.None, Cancellation);
        Assert.Contains(state.Error, new[] { LinkError.BadCredentials, LinkError.NotAuthorized });
        await File.WriteAllTextAsync(file, "right\n", Cancellation);
        await link.WhenAsync(s => s.IsConnected, Cancellation);
        File.Delete(file);
    }

    [Fact]
    public async Task Link_StatusDenied_IsNamedOnBothVersions()
    {
        var broker = Own(new Mosquitto("allow_anonymous true", "acl_file {folder}/acl"));
        await File.WriteAllTextAsync(broker.Path("acl"), "topic read clipfusion/#\n", Cancellation);
        await broker.StartAsync(Cancellation);
        foreach (var version in Enum.GetValues<MqttVersion>())
        {
            var options = Options(broker.Port);
            await using var link = Link(
                options with
                {
                    Broker = options.Broker with { Version = version, Timeout = TimeSpan.FromSeconds(2) },
                }
            );
            Assert.Equal(LinkError.TopicDenied, (await link.WhenAsync(s => s.Error != LinkError.None, Cancellation)).Error);
        }
    }

    [Fact]
    public async Task Link_PacketOverTheBrokersLimit_IsRefusedAndTheConnectionStays()
    {
        var broker = await BrokerAsync("allow_anonymous true", "max_packet_size 2000");
        var link = await ConnectedAsync(Options(broker.Port));
        var since = link.State.Since;
        var outcome = await link.PublishAsync(new(Topics.Verdict("line1"), new byte[2000]), Cancellation);
        Assert.Equal(PublishStatus.Refused, outcome.Status);
        Assert.Contains("at most 2000", outcome.Why, StringComparison.Ordinal);

        // The largest that fits, to the byte: an estimate that is too low would cost the connection.
        int overhead = 2000;
        while ((await link.PublishAsync(new(Topics.Verdict("line1"), new byte[overhead]), Cancellation)).Status == PublishStatus.Refused)
            overhead--;
        Assert.Equal(
            PublishStatus.Delivered,
            (await link.PublishAsync(new(Topics.Verdict("line1"), "{}"u8.ToArray()), Cancellation)).Status
        );
        Assert.Equal((true, since), (link.State.IsConnected, link.State.Since));
    }

    [Fact]
    public async Task Link_TenThousandTriggersAtOnce_AreAllAnswered()
    {
        var broker = await BrokerAsync("allow_anonymous true", "max_queued_messages 0");
        var ledger = await LedgerAsync(broker);
        var link = await ConnectedAsync(Options(broker.Port));
        string lines = string.Concat(Enumerable.Range(0, 10_000).Select(i => $$"""{"triggerId":"t{{i}}"}{{'\n'}}"""));
        await Ledger.PublishAsync(broker, ["-l", "-q", "1", "-t", Topics.Command("line1", CommandKind.Trigger)], lines, Cancellation);
        int answers = 0;
        while (answers < 10_000 - 64)
        {
            var ack = await ledger.NextAsync(e => e.Topic == Topics.TriggerAck("line1"), Cancellation);
            Assert.Equal(
                ((int)Code.QueueFull, $"t{64 + answers++}"),
                (ack.Json.GetProperty("code").GetInt32(), ack.Json.GetProperty("triggerId").GetString())
            );
        }
        for (int i = 0; i < 64; i++)
            Assert.True(link.Commands("line1").TryRead(out _));
        Assert.Equal(0, link.DroppedAnswers);
    }
}
