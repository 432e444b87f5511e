using System.Text.Json;
using System.Text.RegularExpressions;
using ClipFusion.ApplianceTests.Box;

namespace ClipFusion.ApplianceTests.Integrators;

/// <summary>Dashboard and alert rules against the page of the running program, and as Prometheus' own tool sees them.</summary>
public sealed partial class MonitoringTests : BoxTest
{
    private static readonly string Rules = Checkers.Doc("monitoring", "alerts.yml");

    [Fact]
    public async Task AlertRules_ByPromtool_AreRightAndRaiseWhatTheySay()
    {
        await Checkers.PassAsync(Checkers.Promtool, ["check", "rules", Rules], Cancellation);
        await Checkers.PassAsync(
            Checkers.Promtool,
            ["test", "rules", Path.Combine(Checkers.Root, "tests", "Monitoring", "alerts.test.yml")],
            Cancellation
        );
    }

    [Fact]
    public async Task Page_OfTheRunningProgram_HasEveryNameAndLabelThatDashboardAndRulesUse()
    {
        Mosquitto broker = await BrokerAsync();
        Ledger ledger = await LedgerAsync(broker);
        ApplianceBox box = await ReadyBoxAsync(ledger, new BoxOptions { Port = broker.Port });
        using var http = new HttpClient { BaseAddress = await box.PageAsync(Cancellation) };

        // Before the first event: everything that can be counted is at 0 already.
        Sample[] fresh = Samples(await http.GetStringAsync("/metrics", Cancellation));
        foreach (
            (string name, string label) in ((string, string)[])
                [
                    ("clipfusion_triggers_refused_total", "code=\"QUEUE_FULL\""),
                    ("clipfusion_inspections_total", "verdict=\"ng\""),
                    ("clipfusion_inspections_total", "reason=\"deadline\""),
                    ("clipfusion_triggers_accepted_total", "source=\"mqtt\""),
                    ("clipfusion_triggers_duplicate_total", "station=\"line1\""),
                ]
        )
            Assert.Equal("0", Assert.Single(fresh, s => s.Name == name && s.Labels.Contains(label)).Value);
        Assert.Equal("1", Assert.Single(fresh, s => s.Name == "clipfusion_station_ready").Value);
        Assert.Contains("service_instance_id=\"box\"", Assert.Single(fresh, s => s.Name == "target_info").Labels);

        await TriggerAsync(broker, "m1");
        await ledger.NextAsync(e => Heard.IsVerdictOf(e, "m1"), Cancellation);
        // The verdict is heard a moment before its duration is counted.
        string page;
        do page = await http.GetStringAsync("/metrics", Cancellation);
        while (!page.Contains("clipfusion_trigger_to_verdict_seconds_bucket", StringComparison.Ordinal));
        Sample[] samples = Samples(page);
        foreach ((string where, string query) in Queries())
        {
            foreach (Match used in Metric().Matches(query))
            {
                string name = used.Groups["name"].Value;
                Assert.True(Array.Exists(samples, s => s.Name == name), $"{where}: {name} is not on the page");
                foreach (Match label in Matcher().Matches(used.Groups["labels"].Value))
                {
                    if (label.Groups["value"].Value.StartsWith('$'))
                        continue;
                    foreach (string value in label.Groups["value"].Value.Split('|'))
                        Assert.True(
                            Array.Exists(samples, s => s.Name == name && s.Labels.Contains($"{label.Groups["label"].Value}=\"{value}\"")),
                            $"{where}: {name} has no {label.Value}"
                        );
                }
            }
        }

        string table = await File.ReadAllTextAsync(Checkers.Doc("monitoring", "README.md"), Cancellation);
        Assert.Equal(
            Typed().Matches(page).Select(m => m.Groups[1].Value).Order(StringComparer.Ordinal),
            Regex
                .Matches(table[..table.IndexOf("The runtime's and", StringComparison.Ordinal)], "`(clipfusion_[a-z_]+)`")
                .Select(m => m.Groups[1].Value)
                .Order(StringComparer.Ordinal)
        );

        // Names of the runtime's own meters that promtool does not like are not ours to change.
        (_, string lint, string more) = await Checkers.RunAsync(Checkers.Promtool, ["check", "metrics"], Cancellation, page);
        Assert.DoesNotContain("clipfusion", lint + more, StringComparison.Ordinal);
    }

    /// <summary>Every expression of the dashboard and the rules, with where it stands.</summary>
    private static List<(string Where, string Query)> Queries()
    {
        var all = new List<(string, string)>();
        using JsonDocument dashboard = JsonDocument.Parse(File.ReadAllBytes(Checkers.Doc("monitoring", "grafana.json")));
        foreach (
            JsonElement panel in dashboard.RootElement.GetProperty("panels").EnumerateArray().Where(p => p.TryGetProperty("targets", out _))
        )
            all.AddRange(
                panel
                    .GetProperty("targets")
                    .EnumerateArray()
                    .Select(t => (panel.GetProperty("title").GetString()!, t.GetProperty("expr").GetString()!))
            );
        foreach (
            JsonElement variable in dashboard
                .RootElement.GetProperty("templating")
                .GetProperty("list")
                .EnumerateArray()
                .Where(v => v.GetProperty("type").GetString() == "query")
        )
            all.Add((variable.GetProperty("name").GetString()!, variable.GetProperty("query").GetProperty("query").GetString()!));
        int panels = all.Count;
        all.AddRange(
            Regex
                .Split(File.ReadAllText(Rules), @"(?m)^ +- alert: ")
                .Skip(1)
                .Select(a => (a[..a.IndexOf('\n')], Expression().Match(a).Groups[1].Value))
        );
        Assert.True(
            panels >= 20 && all.Count - panels >= 10,
            $"{panels} queries of the dashboard and {all.Count - panels} of the rules were found"
        );
        Assert.All(all.Where(a => a.Item1 != "ClipFusionDown"), a => Assert.Matches(Metric(), a.Item2));
        return all;
    }

    private static Sample[] Samples(string page) =>
        [
            .. SampleLine()
                .Matches(page)
                .Select(m => new Sample(m.Groups[1].Value, [.. Pair().Matches(m.Groups[2].Value).Select(p => p.Value)], m.Groups[3].Value)),
        ];

    [GeneratedRegex(@"(?<name>(?:clipfusion|dotnet|kestrel)_[a-z_]+)(?:\{(?<labels>[^}]*)\})?")]
    private static partial Regex Metric();

    [GeneratedRegex(@"(?<label>[a-z_]+)(?:=~|!=|=)""(?<value>[^""]*)""")]
    private static partial Regex Matcher();

    [GeneratedRegex(@"(?s)expr: (.*?)\n +(?:for|labels):")]
    private static partial Regex Expression();

    [GeneratedRegex(@"(?m)^([a-z][a-z0-9_]*)(?:\{(.*)\})? (\S+)(?: \d+)?$")]
    private static partial Regex SampleLine();

    [GeneratedRegex(@"(?m)^# TYPE (clipfusion_\S+) ")]
    private static partial Regex Typed();

    [GeneratedRegex(@"[a-z_]+=""[^""]*""")]
    private static partial Regex Pair();

    private sealed record Sample(string Name, string[] Labels, string Value);
}
