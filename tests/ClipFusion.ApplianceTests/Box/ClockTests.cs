using System.Globalization;
using System.Text.Json;

namespace ClipFusion.ApplianceTests.Box;

/// <summary>The real program while somebody sets the wall clock.</summary>
public sealed class ClockTests
{
    private static readonly string[] Places = ["/usr/lib", "/usr/lib64", "/usr/local/lib"];

    [Fact]
    public async Task Run_ClockSetBackAndForward_AnswersLiveInOrderAndSaysThatTheClockJumped()
    {
        using var folder = new TemporaryFolder();
        string now = folder["now"];
        Set(now, TimeSpan.Zero);
        await using BoxTalk talk = await BoxTalk.CreateAsync(
            environment:
            [
                ("LD_PRELOAD", Library()),
                ("FAKETIME_TIMESTAMP_FILE", now),
                ("FAKETIME_NO_CACHE", "1"),
                ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
                ("DONT_FAKE_MONOTONIC", "1"),
            ]
        );
        await talk.StartAsync();
        DateTimeOffset start = Time(await talk.StateAsync(_ => true));
        await talk.JudgedAsync("a0");

        // One trigger each is in flight while the clock is set.
        await talk.TriggerAsync("a1");
        Set(now, TimeSpan.FromDays(-1));
        JsonElement back = await talk.StateAsync(s => Time(s) < start - TimeSpan.FromHours(20));
        await talk.JudgedAsync("b0");
        await talk.StateAsync(s => s.GetProperty("clockSynchronised").ValueKind == JsonValueKind.False);

        await talk.TriggerAsync("b1");
        Set(now, TimeSpan.FromHours(1));
        await talk.StateAsync(s => Time(s) > start + TimeSpan.FromMinutes(50));
        await talk.JudgedAsync("c0");

        string[] sent = ["a0", "a1", "b0", "b1", "c0"];
        foreach (string id in sent)
            await talk.VerdictAsync(id);
        Assert.Equal(sent, talk.Verdicts.Select(v => v.Trigger));
        Assert.Equal([1, 2, 3, 4, 5], talk.Verdicts.Select(v => v.Sequence));
        Assert.All(talk.Verdicts, v => Assert.True(v.IsLive, $"{v.Trigger} came late to the replay topic"));
        Assert.Equal(talk.Verdicts.Select(v => v.Id).Order(StringComparer.Ordinal), talk.Verdicts.Select(v => v.Id));
        Assert.False(back.GetProperty("sequenceReset").GetBoolean());
        await talk.CheckAsync();
    }

    private static DateTimeOffset Time(JsonElement state) => state.GetProperty("time").GetDateTimeOffset();

    // Replaced in one step: the program reads it at every look at the clock.
    private static void Set(string file, TimeSpan offset)
    {
        string next = file + ".next";
        File.WriteAllText(next, string.Create(CultureInfo.InvariantCulture, $"{offset.TotalSeconds:+0;-0;+0}s"));
        File.Move(next, file, overwrite: true);
    }

    private static string Library() =>
        Places
            .Where(Directory.Exists)
            .SelectMany(p =>
                Directory.EnumerateFiles(
                    p,
                    "libfaketimeMT.so.1",
                    new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true }
                )
            )
            .FirstOrDefault()
        ?? throw new FileNotFoundException("libfaketime is not installed: the package faketime is expected, for setting a program's clock");
}
