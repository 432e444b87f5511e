using ClipFusion.ApplianceTests.Broker;

namespace ClipFusion.ApplianceTests.Box;

/// <summary>A broker that does not want the box, or not all of what it says: the box starts, says why, goes on with what it may, and is
/// there when it is put right.</summary>
public sealed class BrokerRefusalTests : BoxTest
{
    private const string All = "topic readwrite #\n";

    [Fact]
    public async Task Run_VerdictsOfOneStationDenied_ParksThemAndTheOtherStationGoesOn()
    {
        // Many, and not 0 for no limit: with that mosquitto 2.0.11 closes the connection after each message that it refuses.
        Mosquitto broker = Own(new Mosquitto("allow_anonymous true", "acl_file {folder}/acl", "max_queued_messages 100000"));
        await WriteAclAsync(broker, All + $"topic deny {Out}verdict\n");
        await broker.StartAsync(Cancellation);
        Ledger ledger = await LedgerAsync(broker);
        ApplianceBox box = await ReadyBoxAsync(ledger, new BoxOptions { Port = broker.Port, Stations = [new("line1"), new("line2")] });
        for (int i = 0; i < 4; i++)
            await TriggerAsync(broker, $"denied{i}");
        var heard = new List<Entry>();
        for (int i = 0; i < 10; i++)
        {
            await TriggerAsync(broker, $"free{i}", "line2");
            heard.AddRange(await ledger.ThroughAsync(e => Heard.IsVerdictOf(e, $"free{i}"), Cancellation));
        }

        Assert.Contains("0x87", await box.Log.SaysAsync("is parked", Cancellation), StringComparison.Ordinal);
        await WriteAclAsync(broker, All);
        await broker.ReloadAsync(Cancellation);
        await TriggerAsync(broker, "opened");
        heard.AddRange(await ledger.ThroughAsync(e => Heard.IsVerdictOf(e, "opened"), Cancellation));

        // Parked ones need a person; of the rest nothing is missing, and nothing of the other station.
        string[] parked =
        [
            .. Heard
                .Accepted(heard)
                .Select(a => a.Id)
                .Where(id => box.Log.Lines.Any(l => l.Contains($"{id} is parked", StringComparison.Ordinal))),
        ];
        HashSet<string> given = [.. Heard.Verdicts(heard).Select(v => v.Id)];
        Assert.Equal(15, Heard.Accepted(heard).Count);
        Assert.InRange(parked.Length, 1, 4);
        Assert.Equal(Heard.Accepted(heard).Select(a => a.Id).Order(), given.Union(parked).Order());
        Assert.DoesNotContain(parked, given.Contains);
        // Nobody was thrown out for it.
        Assert.Equal(1, box.Log.Lines.Count(l => l.Contains("MQTT: connected", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Run_StatusDeniedOn311_IsNamedInTheLog()
    {
        Mosquitto broker = Own(new Mosquitto("allow_anonymous true", "acl_file {folder}/acl"));
        await WriteAclAsync(broker, All + $"topic deny {Status}\n");
        await broker.StartAsync(Cancellation);
        ApplianceBox box = Own(new ApplianceBox(new BoxOptions { Port = broker.Port, Version = "3.1.1" }));
        box.Start();
        Assert.Contains(Status, await box.Log.SaysAsync("TopicDenied", Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_WrongPassword_IsNamedAndTheBoxConnectsWhenTheBrokerKnowsIt()
    {
        int guarded = Ports.Free();
        Mosquitto broker = Own(
            new Mosquitto(
                "per_listener_settings true",
                "allow_anonymous true",
                $"listener {guarded} 127.0.0.1",
                "allow_anonymous false",
                "password_file {folder}/passwords"
            )
        );
        await SetPasswordAsync(broker, "another");
        await broker.StartAsync(Cancellation);
        await File.WriteAllTextAsync(broker.Path("password"), "right\n", Cancellation);
        ApplianceBox box = Own(
            new ApplianceBox(
                new BoxOptions
                {
                    Port = guarded,
                    UserName = "box",
                    PasswordFile = broker.Path("password"),
                }
            )
        );
        box.Start();
        Assert.Matches("BadCredentials|NotAuthorized", await box.Log.SaysAsync("MQTT: no connection", Cancellation));

        await broker.StopAsync(Cancellation);
        await SetPasswordAsync(broker, "right");
        await broker.StartAsync(Cancellation);
        await ReadyAsync(await LedgerAsync(broker));
        // Once for each reason, however many attempts it took: refused, and then nobody there.
        Assert.InRange(box.Log.Lines.Count(l => l.Contains("MQTT: no connection", StringComparison.Ordinal)), 1, 3);
    }

    [Fact]
    public async Task Run_CertificateNotYetValid_IsNamedAndTheBoxConnectsWhenItIs()
    {
        int encrypted = Ports.Free();
        Mosquitto broker = Own(
            new Mosquitto(
                "allow_anonymous true",
                $"listener {encrypted} 127.0.0.1",
                "certfile {folder}/server.pem",
                "keyfile {folder}/server.key"
            )
        );
        using var authority = new TestAuthority(broker.Folder, "ca");
        authority.Issue("server", DateTimeOffset.UtcNow.AddDays(1));
        await broker.StartAsync(Cancellation);
        ApplianceBox box = Own(new ApplianceBox(new BoxOptions { Port = encrypted, Ca = authority.File }));
        box.Start();
        string why = await box.Log.SaysAsync("MQTT: no connection", Cancellation);
        Assert.Contains("Tls", why, StringComparison.Ordinal);
        Assert.Contains("NotTimeValid", why, StringComparison.Ordinal);

        await broker.StopAsync(Cancellation);
        authority.Issue("server");
        await broker.StartAsync(Cancellation);
        await ReadyAsync(await LedgerAsync(broker));
    }

    private Task SetPasswordAsync(Mosquitto broker, string password) => broker.WritePasswordAsync("box", password, Cancellation);

    private Task WriteAclAsync(Mosquitto broker, string text) => File.WriteAllTextAsync(broker.Path("acl"), text, Cancellation);
}
