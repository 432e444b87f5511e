using System.Text.Json;

namespace ClipFusion.ApplianceTests.Box;

/// <summary>Files in a folder with the real program: a verdict belongs to its part, and every part has one.</summary>
public sealed class FolderTests : BoxTest
{
    private const string Station = "CLIPFUSION__STATIONS__0__",
        Camera = Station + "CAMERA__";

    [Fact]
    public async Task Run_PicturesWithCompanions_ByOrder_EachTriggerHasItsOwnPicture()
    {
        (Mosquitto broker, Ledger ledger, ApplianceBox box) = await StartAsync();
        for (int part = 1; part <= 3; part++)
        {
            await TriggerAsync(broker, $"S{part}");
            File.WriteAllText(Path.Combine(box.Inbox, $"S{part}.xml"), "<part/>");
            Drop(box, $"S{part}.png", part);
            JsonElement verdict = await VerdictAsync(ledger, $"S{part}");
            Assert.Equal((null, $"S{part}.png"), (verdict.GetProperty("reason").GetString(), FileOf(verdict)));
            Assert.InRange(
                verdict.GetProperty("frame").GetProperty("fileModifiedAt").GetDateTimeOffset(),
                DateTimeOffset.UtcNow.AddMinutes(-5),
                DateTimeOffset.UtcNow.AddMinutes(1)
            );
        }

        await box.Log.SaysAsync("S1.xml is passed over", Cancellation);
        Assert.Single(box.Log.Lines, line => line.Contains("is passed over", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Run_PicturesWithCompanions_ByName_OneMissingMovesNoOther()
    {
        (Mosquitto broker, Ledger ledger, ApplianceBox box) = await StartAsync((Camera + "MATCH", "name"));
        foreach (string id in (string[])["S1", "S2", "S3"])
            await TriggerAsync(broker, id);
        foreach (int part in (int[])[3, 1])
        {
            File.WriteAllText(Path.Combine(box.Inbox, $"S{part}.xml"), "<part/>");
            Drop(box, $"S{part}.png", part);
        }

        // Verdicts go out in sequence: S2's comes when nobody waits for its file any more.
        Assert.Equal("S1.png", FileOf(await VerdictAsync(ledger, "S1")));
        JsonElement none = await VerdictAsync(ledger, "S2");
        Assert.Equal("no_frame", none.GetProperty("reason").GetString());
        Assert.Contains("S2", none.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal("S3.png", FileOf(await VerdictAsync(ledger, "S3")));
    }

    [Fact]
    public async Task Run_PictureWrittenInTwoHalves_IsJudgedOnceAndWhole()
    {
        (Mosquitto broker, Ledger ledger, ApplianceBox box) = await StartAsync((Camera + "SETTLEMS", "2000"));
        string spare = Path.Combine(box.DataFolder, "spare.png");
        NoisePicture.Write(spare, 5);
        byte[] whole = File.ReadAllBytes(spare);
        await TriggerAsync(broker, "halves");
        await ledger.NextAsync(e => e.Topic == Out + "trigger/ack", Cancellation);
        string path = Path.Combine(box.Inbox, "a.png");
        File.WriteAllBytes(path, whole[..(whole.Length / 2)]);
        // The box has looked at the half: it says another beat after it was closed.
        await StillReadyAsync(ledger);
        await using (FileStream rest = File.Open(path, FileMode.Append))
            rest.Write(whole.AsSpan(whole.Length / 2));
        JsonElement verdict = await VerdictAsync(ledger, "halves");
        Assert.Equal((null, "a.png"), (verdict.GetProperty("reason").GetString(), FileOf(verdict)));
        await TriggerAsync(broker, "next");
        Drop(box, "b.png", 6);
        Assert.Equal("b.png", FileOf(await VerdictAsync(ledger, "next")));
        Assert.False(Directory.Exists(Path.Combine(box.Inbox, "rejected")));
    }

    [Fact]
    public async Task Run_JpegThatLacksData_IsBadImage_AndItsReasonReachesVerdictLogAndFile()
    {
        (Mosquitto broker, Ledger ledger, ApplianceBox box) = await StartAsync();
        await TriggerAsync(broker, "cut");
        DropFixture(box, "cut90_eoi.jpg");
        JsonElement cut = await VerdictAsync(ledger, "cut");
        Assert.Equal(
            ("NOT_JUDGED", "bad_image", "cut90_eoi.jpg"),
            (cut.GetProperty("verdict").GetString(), cut.GetProperty("reason").GetString(), FileOf(cut))
        );
        Assert.Contains("JPEG cut off", cut.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Contains(
            "cut90_eoi.jpg: JPEG cut off",
            await box.Log.SaysAsync("NOT_JUDGED, bad_image", Cancellation),
            StringComparison.Ordinal
        );
        string reason = Path.Combine(box.Inbox, "rejected", "cut90_eoi.jpg.reason.txt");
        Assert.True(
            SpinWait.SpinUntil(
                () => File.Exists(reason) && File.ReadAllText(reason).Contains("JPEG cut off", StringComparison.Ordinal),
                TimeSpan.FromSeconds(20)
            ),
            reason
        );

        await TriggerAsync(broker, "stray");
        DropFixture(box, "jpg_extraneous.jpg");
        Assert.Null((await VerdictAsync(ledger, "stray")).GetProperty("reason").GetString());
    }

    [Fact]
    public async Task Run_FilesThatCanNotBeRead_AreAnsweredWhereFilesAreTheirOwnTriggers()
    {
        (_, Ledger ledger, ApplianceBox box) = await StartAsync(
            (Station + "TRIGGERS__FRAMEARRIVAL", "true"),
            (Camera + "MAXFILEMB", "1"),
            (Camera + "PARTIDFROMNAME", "^(P[0-9]+)_")
        );
        await using (FileStream large = File.Create(Path.Combine(box.Inbox, "P1_large.bmp")))
            large.SetLength((1 << 20) + 1);
        JsonElement first = await NextVerdictAsync(ledger);
        File.WriteAllText(Path.Combine(box.Inbox, "P2_empty.png"), "");
        JsonElement second = await NextVerdictAsync(ledger);
        File.CreateSymbolicLink(Path.Combine(box.Inbox, "P3_link.png"), box.ConfigFile);
        JsonElement third = await NextVerdictAsync(ledger);
        Drop(box, "P4_good.png", 3);
        JsonElement last = await NextVerdictAsync(ledger);

        JsonElement[] all = [first, second, third, last];
        Assert.Equal([1, 2, 3, 4], all.Select(v => v.GetProperty("seq").GetInt32()));
        Assert.Equal(["P1", "P2", "P3", "P4"], all.Select(v => v.GetProperty("partId").GetString()));
        Assert.Equal(["bad_image", "bad_image", "bad_image", null], all.Select(v => v.GetProperty("reason").GetString()));
        Assert.Equal(
            ["at most 1048576", "empty", "symbolic link"],
            all.Take(3)
                .Zip(
                    ["at most 1048576", "empty", "symbolic link"],
                    (v, said) => v.GetProperty("detail").GetString()!.Contains(said, StringComparison.Ordinal) ? said : v.GetRawText()
                )
        );
        await box.Log.SaysAsync("P3_link.png: it is a symbolic link", Cancellation);
    }

    [Fact]
    public async Task Run_FolderGoesAndComesBack_IsSaidInTheLog()
    {
        (_, Ledger ledger, ApplianceBox box) = await StartAsync();
        string inbox = box.Inbox;
        Directory.Delete(inbox, recursive: true);
        await box.Log.SaysAsync("the camera is lost", Cancellation);
        JsonElement lost = (await ledger.NextAsync(e => e.Topic == Out + "state" && !e.Retained && !IsReady(e), Cancellation)).Json;
        Assert.Contains(inbox, lost.GetProperty("cameraNote").GetString(), StringComparison.Ordinal);
        Directory.CreateDirectory(inbox);
        await box.Log.SaysAsync("the camera is back", Cancellation);
    }

    private async Task<(Mosquitto Broker, Ledger Ledger, ApplianceBox Box)> StartAsync(params (string Name, string Value)[] environment)
    {
        Mosquitto broker = await BrokerAsync();
        Ledger ledger = await LedgerAsync(broker);
        ApplianceBox box = Own(
            new ApplianceBox(
                new BoxOptions
                {
                    Port = broker.Port,
                    Stations = [new("line1") { Inbox = "in" }],
                    Environment = environment,
                }
            )
        );
        _ = box.Inbox;
        box.Start();
        await ReadyAsync(ledger);
        return (broker, ledger, box);
    }

    private static void Drop(ApplianceBox box, string name, int seed)
    {
        string hidden = Path.Combine(box.Inbox, $".{name}");
        NoisePicture.Write(hidden, seed);
        File.Move(hidden, Path.Combine(box.Inbox, name));
    }

    private static void DropFixture(ApplianceBox box, string name) => File.Copy(FixtureOf(name), Path.Combine(box.Inbox, name));

    private static string FixtureOf(string name)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string path = Path.Combine(folder.FullName, "tests", "fixtures", "field-1", "images", name);
            if (File.Exists(path))
                return path;
        }

        throw new FileNotFoundException($"tests/fixtures/field-1/images/{name} is not above {AppContext.BaseDirectory}");
    }

    private async Task<JsonElement> VerdictAsync(Ledger ledger, string trigger) =>
        (await ledger.NextAsync(e => Heard.IsVerdictOf(e, trigger), Cancellation)).Json;

    private async Task<JsonElement> NextVerdictAsync(Ledger ledger) => (await ledger.NextAsync(Heard.IsVerdict, Cancellation)).Json;

    private static string? FileOf(JsonElement verdict) =>
        verdict.GetProperty("frame") is { ValueKind: JsonValueKind.Object } frame ? frame.GetProperty("file").GetString() : null;
}
