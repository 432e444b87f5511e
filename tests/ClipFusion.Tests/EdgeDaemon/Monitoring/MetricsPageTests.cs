using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Monitoring;
using ClipFusion.EdgeDaemon.Pipeline;
using ClipFusion.EdgeDaemon.Runtime;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace ClipFusion.Tests.EdgeDaemon.Monitoring;

public sealed class MetricsPageTests
{
    [Fact]
    public async Task MetricsPage_AskedByAScraper_GivesThePrometheusTextOfTheMeter()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        using var heartbeats = new Heartbeats(TimeProvider.System);
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore();
        builder.Services.AddMetricsPage("box-7");
        await using WebApplication app = builder.Build();
        app.UseRouting();
        app.MapMetricsPage();
        await app.StartAsync(cancellation);
        using var metrics = new ApplianceMetrics();
        _ = new MetricSources(metrics, heartbeats);
        metrics.Refused("page-test", Code.QueueFull);
        metrics.Stage("page-test", "fuse", TimeSpan.FromMilliseconds(3));

        using var http = new HttpClient();
        using HttpResponseMessage answer = await http.GetAsync(new Uri(app.Urls.First() + MetricsPage.Path), cancellation);
        string text = await answer.Content.ReadAsStringAsync(cancellation);
        Assert.Equal("text/plain", answer.Content.Headers.ContentType?.MediaType);
        string[] lines = text.Split('\n');
        Assert.Contains(
            lines,
            l =>
                l.StartsWith("clipfusion_triggers_refused_total{", StringComparison.Ordinal)
                && l.Contains("station=\"page-test\"", StringComparison.Ordinal)
                && l.Contains("code=\"QUEUE_FULL\"", StringComparison.Ordinal)
        );
        Assert.Contains(
            lines,
            l =>
                l.StartsWith("clipfusion_stage_duration_seconds_bucket{", StringComparison.Ordinal)
                && l.Contains("le=\"0.005\"", StringComparison.Ordinal)
        );
        Assert.Contains(lines, l => l.StartsWith("# HELP clipfusion_triggers_refused_total ", StringComparison.Ordinal));
        string target = Assert.Single(lines, l => l.StartsWith("target_info{", StringComparison.Ordinal));
        foreach (
            string label in (ReadOnlySpan<string>)["service_name=\"clipfusion\"", "service_instance_id=\"box-7\"", "service_version=\"0."]
        )
            Assert.Contains(label, target, StringComparison.Ordinal);
        using HttpResponseMessage posted = await http.PostAsync(new Uri(app.Urls.First() + MetricsPage.Path), null, cancellation);
        Assert.Equal(System.Net.HttpStatusCode.MethodNotAllowed, posted.StatusCode);
    }
}
