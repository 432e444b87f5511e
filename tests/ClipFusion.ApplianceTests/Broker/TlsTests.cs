using ClipFusion.EdgeDaemon.Delivery;

namespace ClipFusion.ApplianceTests.Broker;

public sealed class TlsTests : DeliveryTest
{
    [Fact]
    public async Task Link_WithClientCertificate_ConnectsAndWithoutIsRefused()
    {
        var broker = Own(Secure());
        using var authority = new TestAuthority(broker.Folder, "ca");
        authority.Issue("server");
        var (certificate, key) = authority.Issue("box");
        await broker.StartAsync(Cancellation);

        await ConnectedAsync(With(broker, new BrokerTls(authority.File, certificate, key)));
        await using var bare = Link(With(broker, new BrokerTls(authority.File)) with { Device = "bare" });
        Assert.NotEqual(LinkError.None, (await bare.WhenAsync(s => s.Error != LinkError.None, Cancellation)).Error);
    }

    [Fact]
    public async Task Link_BrokerOfAnotherAuthority_IsNotTrusted()
    {
        var broker = Own(Secure());
        using var authority = new TestAuthority(broker.Folder, "ca");
        using var other = new TestAuthority(broker.Folder, "other");
        authority.Issue("server");
        await broker.StartAsync(Cancellation);
        var state = await Link(With(broker, new BrokerTls(other.File))).WhenAsync(s => s.Error != LinkError.None, Cancellation);
        Assert.Equal(LinkError.Tls, state.Error);
    }

    [Fact]
    public async Task Link_CertificateNotYetValid_IsNamed()
    {
        var broker = Own(Secure());
        using var authority = new TestAuthority(broker.Folder, "ca");
        authority.Issue("server", DateTimeOffset.UtcNow.AddDays(1));
        await broker.StartAsync(Cancellation);
        var state = await Link(With(broker, new BrokerTls(authority.File))).WhenAsync(s => s.Error != LinkError.None, Cancellation);
        Assert.Equal(LinkError.Tls, state.Error);
        Assert.Contains("NotTimeValid", state.ErrorText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Link_CertificateFileMissing_IsNamed()
    {
        var broker = await BrokerAsync("allow_anonymous true");
        var state = await Link(With(broker, new BrokerTls(broker.Path("nothing.pem"))))
            .WhenAsync(s => s.Error != LinkError.None, Cancellation);
        Assert.Equal(LinkError.BadFile, state.Error);
        Assert.Contains("nothing.pem", state.ErrorText, StringComparison.Ordinal);
    }

    private static Mosquitto Secure() =>
        new(
            "allow_anonymous true",
            "cafile {folder}/ca.pem",
            "certfile {folder}/server.pem",
            "keyfile {folder}/server.key",
            "require_certificate true"
        );

    private static LinkOptions With(Mosquitto broker, BrokerTls tls)
    {
        var options = Options(broker.Port);
        return options with { Broker = options.Broker with { Tls = tls } };
    }
}
