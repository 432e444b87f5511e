using System.Text;
using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.Foundation;
using MQTTnet.Protocol;

namespace ClipFusion.Tests.EdgeDaemon.Delivery;

public sealed class MqttLinkTests : IAsyncLifetime
{
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromSeconds(30));
    private readonly Topics _topics = new("box");
    private EmbeddedBroker _broker = null!;
    private Listener _listener = null!;
    private MqttLink? _link;

    private CancellationToken Cancellation => _limit.Token;

    public async ValueTask InitializeAsync()
    {
        _broker = await EmbeddedBroker.StartAsync(0);
        _listener = await Listener.ConnectAsync(_broker.Port, Cancellation);
    }

    [Fact]
    public async Task Link_StartAndStop_SaysOnlineThenOffline()
    {
        await StartAsync();
        Assert.Equal("online", await NextStatusAsync());
        await _link!.StopAsync();
        Assert.Equal("offline", await NextStatusAsync());
        Assert.False(_link.State.IsConnected);
        Assert.Equal(LinkError.None, _link.State.Error);
    }

    [Theory]
    [InlineData(MqttVersion.V5)]
    [InlineData(MqttVersion.V311)]
    public async Task Link_Trigger_ArrivesAndIsAcknowledgedOnBothTopics(MqttVersion version)
    {
        await StartAsync(o => o with { Broker = o.Broker with { Version = version } });
        await _listener.PublishAsync(
            _topics.Command("line1", CommandKind.Trigger),
            """{"triggerId":"T-1","recipe":7}""",
            Cancellation,
            correlation: [1, 2]
        );
        var command = Assert.IsType<TriggerCommand>(await _link!.Commands("line1").ReadAsync(Cancellation));
        Assert.Equal(
            ("T-1", "7", TriggerSource.Mqtt),
            (command.ToTrigger().TriggerId, command.ToTrigger().Recipe, command.ToTrigger().Source)
        );

        Assert.Equal(
            PublishStatus.Delivered,
            await _link
                .Acknowledge("line1", TriggerAckMessage.ForAccepted(Samples.Accepted(5), false, Samples.Noon), command.CorrelationData)
                .Told
        );
        var simple = await _listener.NextAsync(_topics.TriggerAckSimple("line1"), Cancellation);
        var ack = await _listener.NextAsync(_topics.TriggerAck("line1"), Cancellation);
        Assert.StartsWith("000;0000000005;T-1 ", Encoding.ASCII.GetString(simple.Payload), StringComparison.Ordinal);
        Assert.Equal(version == MqttVersion.V5 ? [1, 2] : null, ack.CorrelationData);
    }

    [Fact]
    public async Task Link_ManyAnswersUnderWay_ArriveInTheirOrder()
    {
        const int Answers = 2000;
        await StartAsync();
        Task<PublishStatus>[] told =
        [
            .. Enumerable
                .Range(1, Answers)
                .Select(i =>
                    _link!.Acknowledge("line1", TriggerAckMessage.ForAccepted(Samples.Accepted(i), false, Samples.Noon), null).Told
                ),
        ];
        for (int i = 1; i <= Answers; i++)
            Assert.Equal(i, (await _listener.NextJsonAsync(_topics.TriggerAck("line1"), Cancellation)).GetProperty("seq").GetInt64());
        Assert.All(await Task.WhenAll(told), s => Assert.Equal(PublishStatus.Delivered, s));
    }

    [Fact]
    public async Task Link_RetainedTrigger_IsRefused()
    {
        await _listener.PublishAsync(_topics.Command("line1", CommandKind.Trigger), """{"triggerId":"old"}""", Cancellation, retain: true);
        await StartAsync();
        var ack = await _listener.NextJsonAsync(_topics.TriggerAck("line1"), Cancellation);
        Assert.Equal(
            ("RETAINED", "old", false),
            (ack.GetProperty("error").GetString(), ack.GetProperty("triggerId").GetString(), ack.GetProperty("accepted").GetBoolean())
        );
        await _listener.PublishAsync(_topics.Command("line1", CommandKind.Trigger), """{"triggerId":"live"}""", Cancellation, retain: true);
        Assert.Equal(
            "live",
            (await _listener.NextJsonAsync(_topics.TriggerAck("line1"), Cancellation)).GetProperty("triggerId").GetString()
        );
        Assert.False(_link!.Commands("line1").TryRead(out _));
    }

    [Fact]
    public async Task Link_MegabyteOfGarbage_IsRefusedAndTheLinkGoesOn()
    {
        var refused = new List<CommandRefused>();
        await StartAsync(o => o with { Refused = refused.Add });
        byte[] garbage = new byte[1 << 20];
        new Random(1).NextBytes(garbage);
        await _listener.PublishAsync(_topics.Command("line1", CommandKind.Trigger), garbage, Cancellation);
        Assert.Equal(
            "MALFORMED",
            (await _listener.NextJsonAsync(_topics.TriggerAck("line1"), Cancellation)).GetProperty("error").GetString()
        );
        await _listener.PublishAsync(_topics.Command("line1", CommandKind.Recipe), "9x", Cancellation);
        Assert.Equal(
            "MALFORMED",
            (await _listener.NextJsonAsync(_topics.RecipeAck("line1"), Cancellation)).GetProperty("error").GetString()
        );
        await _listener.PublishAsync(_topics.Command("line1", CommandKind.Trigger), "", Cancellation);
        Assert.Null(Assert.IsType<TriggerCommand>(await _link!.Commands("line1").ReadAsync(Cancellation)).Content.TriggerId);
        Assert.Equal([CommandKind.Trigger, CommandKind.Recipe], refused.Select(r => r.Kind));
    }

    [Fact]
    public async Task Link_FloodOfOneStation_IsRefusedAndDoesNotHoldAnother()
    {
        await StartAsync(o => o with { CommandQueue = 2 });
        for (int i = 0; i < 100; i++)
            await _listener.PublishAsync(_topics.Command("line1", CommandKind.Trigger), $$"""{"triggerId":"t{{i}}"}""", Cancellation);
        await _listener.PublishAsync(_topics.Command("line2", CommandKind.Trigger), """{"triggerId":"other"}""", Cancellation);
        Assert.Equal("other", Assert.IsType<TriggerCommand>(await _link!.Commands("line2").ReadAsync(Cancellation)).Content.TriggerId);
        for (int i = 2; i < 100; i++)
        {
            var ack = await _listener.NextJsonAsync(_topics.TriggerAck("line1"), Cancellation);
            Assert.Equal(("QUEUE_FULL", $"t{i}"), (ack.GetProperty("error").GetString(), ack.GetProperty("triggerId").GetString()));
        }
        Assert.True(_link.Commands("line1").TryRead(out _));
    }

    [Fact]
    public async Task Link_CommandOffTheAllowList_IsRefused()
    {
        await StartAsync(o => o with { Allowed = new HashSet<CommandKind> { CommandKind.Trigger } });
        await _listener.PublishAsync(_topics.Command("line1", CommandKind.Recipe), "7", Cancellation);
        var ack = await _listener.NextJsonAsync(_topics.RecipeAck("line1"), Cancellation);
        Assert.Equal(("NOT_ALLOWED", "refused"), (ack.GetProperty("error").GetString(), ack.GetProperty("status").GetString()));
    }

    [Fact]
    public async Task Link_StatusContradicted_SaysOnlineAgain()
    {
        await StartAsync();
        Assert.Equal("online", await NextStatusAsync());
        await _listener.PublishAsync(_topics.Status, """{"status":"lost"}""", Cancellation, retain: true);
        Assert.Equal("online", await NextStatusAsync());
    }

    [Fact]
    public async Task Link_BrokerSaysTakenOver_IsNamedAndStaysAwayWhileTheOtherServes()
    {
        await StartAsync(o => o with { Broker = o.Broker with { TakenOverDelay = TimeSpan.FromHours(1) } });
        await using var other = new MqttLink(Options(_broker.Port) with { BootId = "other" }, TimeProvider.System);
        other.Start();
        Assert.Equal(LinkError.SessionTakenOver, (await _link!.WhenAsync(s => s.Error != LinkError.None, Cancellation)).Error);
        await other.WhenAsync(s => s.IsConnected, Cancellation);
        Assert.Equal((false, LinkError.SessionTakenOver), (_link.State.IsConnected, _link.State.Error));
    }

    [Fact]
    public async Task Link_SubscriptionDenied_IsNamedAndVerdictsGoOn()
    {
        _broker.Server.InterceptingSubscriptionAsync += e =>
        {
            if (e.TopicFilter.Topic.EndsWith("/trigger", StringComparison.Ordinal))
                (e.ProcessSubscription, e.Response.ReasonCode) = (false, MqttSubscribeReasonCode.NotAuthorized);
            return Task.CompletedTask;
        };
        await StartAsync();
        Assert.Equal(LinkError.SubscriptionDenied, _link!.State.Error);
        Assert.Contains("line1/trigger", _link.State.ErrorText, StringComparison.Ordinal);
        Assert.Equal(
            PublishStatus.Delivered,
            (await _link.PublishAsync(new(_topics.Verdict("line1"), "{}"u8.ToArray()), Cancellation)).Status
        );
    }

    [Fact]
    public async Task Link_PublishRefusedByTheBroker_SaysWhyAndNoSubscribersCountsAsDelivered()
    {
        _broker.Server.InterceptingPublishAsync += e =>
        {
            if (e.ApplicationMessage.Topic.EndsWith("/verdict", StringComparison.Ordinal))
                (e.ProcessPublish, e.Response.ReasonCode) = (false, MqttPubAckReasonCode.QuotaExceeded);
            return Task.CompletedTask;
        };
        await StartAsync();
        var refused = await _link!.PublishAsync(new(_topics.Verdict("line1"), "{}"u8.ToArray()), Cancellation);
        Assert.Equal(PublishStatus.Refused, refused.Status);
        Assert.Contains("0x97", refused.Why, StringComparison.Ordinal);
        await _listener.DisposeAsync();
        Assert.Equal(
            PublishStatus.Delivered,
            (await _link.PublishAsync(new(_topics.VerdictSimple("line1"), "x"u8.ToArray()), Cancellation)).Status
        );
    }

    [Fact]
    public async Task Link_WithoutABroker_NamesItAndDropsAnswers()
    {
        int port = _broker.Port;
        await _listener.DisposeAsync();
        await _broker.DisposeAsync();
        _link = new MqttLink(Options(port), TimeProvider.System);
        _link.Start();
        var state = await _link.WhenAsync(s => s.Error != LinkError.None, Cancellation);
        Assert.Equal((false, LinkError.Unreachable), (state.IsConnected, state.Error));
        Assert.Equal(PublishStatus.NotSent, (await _link.PublishAsync(new(_topics.Verdict("line1"), default), Cancellation)).Status);

        _broker = await EmbeddedBroker.StartAsync(port);
        Assert.Equal(LinkError.None, (await _link.WhenAsync(s => s.IsConnected, Cancellation)).Error);
    }

    [Fact]
    public async Task MediaLink_Picture_ArrivesWithItsInspection()
    {
        await using var media = new MediaLink(Options(_broker.Port).Broker, "box", TimeProvider.System);
        media.Start();
        Assert.True(media.TrySend("line1", "01HZ", "image/jpeg", new byte[IHeatmapPublisher.MaximumBytes]));
        Assert.False(media.TrySend("line1", "01HZ", "image/jpeg", new byte[IHeatmapPublisher.MaximumBytes + 1]));
        var picture = await _listener.NextAsync(_topics.Heatmap("line1"), Cancellation);
        Assert.Equal(("image/jpeg", IHeatmapPublisher.MaximumBytes), (picture.ContentType, (int)picture.Payload.Length));
        Assert.Equal("inspectionId", Assert.Single(picture.UserProperties).Name);
        Assert.Equal(1, media.Dropped);
    }

    [Fact]
    public async Task MediaLink_TooManyPictures_DropsTheOldest()
    {
        await using var media = new MediaLink(Options(_broker.Port).Broker, "box", TimeProvider.System, capacity: 2);
        for (byte i = 0; i < 5; i++)
            media.TrySend("line1", "x", "image/png", new[] { i });
        Assert.Equal(3, media.Dropped);
        media.Start();
        Assert.Equal(3, (await _listener.NextAsync(_topics.Heatmap("line1"), Cancellation)).Payload.First.Span[0]);
        Assert.Equal(4, (await _listener.NextAsync(_topics.Heatmap("line1"), Cancellation)).Payload.First.Span[0]);
    }

    [Fact]
    public async Task MediaLink_NobodyWantsPictures_IsNotConnectedUntilSomebodyDoes()
    {
        await using var media = new MediaLink(Options(_broker.Port).Broker, "box", TimeProvider.System) { IsWanted = false };
        media.Start();
        await StartAsync();
        Assert.Single((await _broker.Server.GetClientsAsync()), c => c.Id.StartsWith("clipfusion-box", StringComparison.Ordinal));
        media.IsWanted = true;
        await media.WhenAsync(s => s.IsConnected, Cancellation);
        media.IsWanted = false;
        await media.WhenAsync(s => !s.IsConnected, Cancellation);
        Assert.Equal(MediaRoute.None, media.Route);
    }

    [Fact]
    public void BackOff_Waits_DoubleWithJitterUpToTheLongest()
    {
        var backOff = new BackOff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(8), new Random(7));
        foreach (int seconds in new[] { 1, 2, 4, 8, 8, 8 })
            Assert.InRange(backOff.Next().TotalSeconds, seconds / 2.0, seconds);
        backOff.Reset();
        Assert.InRange(backOff.Next().TotalSeconds, 0.5, 1);
    }

    public async ValueTask DisposeAsync()
    {
        if (_link is not null)
            await _link.DisposeAsync();
        await _listener.DisposeAsync();
        await _broker.DisposeAsync();
        _limit.Dispose();
    }

    private static LinkOptions Options(int port) =>
        new()
        {
            Broker = new BrokerOptions
            {
                Host = "127.0.0.1",
                Port = port,
                FirstDelay = TimeSpan.FromMilliseconds(20),
                LongestDelay = TimeSpan.FromMilliseconds(100),
            },
            Device = "box",
            BootId = "boot",
            Stations = ["line1", "line2"],
        };

    private async Task StartAsync(Func<LinkOptions, LinkOptions>? change = null)
    {
        var options = Options(_broker.Port);
        _link = new MqttLink(change?.Invoke(options) ?? options, TimeProvider.System);
        _link.Start();
        await _link.WhenAsync(s => s.IsConnected, Cancellation);
    }

    private async Task<string?> NextStatusAsync() =>
        (await _listener.NextJsonAsync(_topics.Status, Cancellation)).GetProperty("status").GetString();
}
