using ClipFusion.Tests.EdgeDaemon.Web;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ClipFusion.Tests.EdgeDaemon.Composition;

/// <summary>A service of the host that fails ends the program, and with an error: the service manager starts it again then.</summary>
public sealed class HostFailureTests
{
    [Fact]
    public async Task Run_AServiceBesideTheApplianceFails_ComesOutOfTheRun()
    {
        var error = await Assert.ThrowsAsync<InvalidDataException>(() =>
            WebHost.RunAsync(services => services.AddHostedService<Failing>())
        );
        Assert.Equal("as the test wants", error.Message);
    }

    private sealed class Failing : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            await Task.Yield();
            throw new InvalidDataException("as the test wants");
        }
    }
}
