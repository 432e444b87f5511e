using System.Text;
using System.Text.Json;
using ClipFusion.ApplianceTests.Broker;
using ClipFusion.Foundation;
using ClipFusion.Imaging;

namespace ClipFusion.ApplianceTests.Box;

/// <summary>Heatmaps, archive and ignore masks of the real program, with a real broker.</summary>
public sealed class PictureTests : IAsyncDisposable
{
    private const string In = "clipfusion/v1/box/in/line1/",
        Out = "clipfusion/v1/box/out/line1/",
        Station = "CLIPFUSION__STATIONS__0__";
    private const int LargestHeatmap = 512 << 10;

    private static readonly string[] Branches = ["clipVision"];
    private static readonly string[] References = ["ref0.png", "ref1.png"];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource _limit = new(TimeSpan.FromMinutes(6));
    private readonly List<IAsyncDisposable> _open = [];
    private Mosquitto _broker = null!;
    private Ledger _ledger = null!;
    private ApplianceBox _box = null!;

    private string Images => Path.Combine(_box.DataFolder, "images");

    [Fact]
    public async Task Run_NgPart_PublishesAHeatmapThatNamesItsInspection()
    {
        HeatmapEar ear = await StartAsync();
        Heard(await JudgedAsync("a", "NG"), await HeatmapAsync(ear), ImageFileFormat.Jpeg);

        // Good parts in between have none.
        await SetRecipeAsync("plate");
        foreach (string id in (string[])["b", "c", "d"])
            await JudgedAsync(id, "OK");
        await SetRecipeAsync("board");
        Heard(await JudgedAsync("e", "NG"), await HeatmapAsync(ear), ImageFileFormat.Jpeg);
        Assert.Equal(0, ear.Waiting);
    }

    [Theory]
    [InlineData("png")]
    [InlineData("map16")]
    public async Task Run_OtherFormats_ArePublishedAsConfigured(string format)
    {
        HeatmapEar ear = await StartAsync((Station + "HEATMAP__FORMAT", format));
        DecodedImage picture = Heard(await JudgedAsync("a", "NG"), await HeatmapAsync(ear), ImageFileFormat.Png);
        Assert.Equal(format == "png" ? PixelFormat.RGB8 : PixelFormat.Mono16, picture.Header.Pixels);
    }

    [Fact]
    public async Task Run_FiveMegapixelsAlways_HeatmapsFitTheLimit()
    {
        HeatmapEar ear = await StartAsync(
            (Station + "CAMERA__WIDTH", "2592"),
            (Station + "CAMERA__HEIGHT", "1944"),
            (Station + "HEATMAP__WHEN", "always")
        );
        await SetRecipeAsync("plate");
        Heard(await JudgedAsync("a", "OK"), await HeatmapAsync(ear), ImageFileFormat.Jpeg);
    }

    [Fact]
    public async Task Run_MediaConnectionStalls_VerdictsGoOnAndHeatmapsComeBack()
    {
        var broker = Own(new Mosquitto("allow_anonymous true"));
        await broker.StartAsync(_limit.Token);
        var cable = Own(new PickyCable(broker.Port, "clipfusion-box-media"));
        HeatmapEar ear = await StartAsync(false, null, broker, cable.Port);
        await JudgedAsync("before", "NG");
        await HeatmapAsync(ear);

        cable.Hold();
        for (int i = 0; i < 30; i++)
            Assert.False((await JudgedAsync($"held{i}", "NG")).GetProperty("flags").GetProperty("late").GetBoolean());
        cable.Release();
        string last = Id(await JudgedAsync("after", "NG"));
        while (!(await HeatmapAsync(ear)).UserProperties.Contains(last, StringComparison.Ordinal))
        {
            // What was held back comes first.
        }
    }

    [Fact]
    public async Task Run_ByPolicy_KeepsFramesBelowTheCapAndNgLongerThanOk()
    {
        const double CapGigabytes = 0.001;
        await StartAsync(
            (Station + "IMAGES__POLICY", "all"),
            (Station + "IMAGES__MAXGIGABYTES", "0.001"),
            (Station + "CAMERA__WIDTH", "400"),
            (Station + "CAMERA__HEIGHT", "400")
        );
        string first = Id(await JudgedAsync("ng", "NG"));
        Assert.NotEmpty(ImageCodec.Decode(await FileAsync("ng", first)).Pixels);
        await SetRecipeAsync("plate");
        string firstOk = Id(await JudgedAsync("ok0", "OK"));
        await FileAsync("ok", firstOk);
        for (int i = 1; i <= 12; i++)
            await FileAsync("ok", Id(await JudgedAsync($"ok{i}", "OK")));
        Assert.InRange(Files().Sum(f => new FileInfo(f).Length), 1, (long)(CapGigabytes * (1 << 30)));
        Assert.DoesNotContain(Files(), f => f.Contains(firstOk, StringComparison.Ordinal));
        Assert.Contains(Files(), f => f.Contains(first, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Run_DefaultPolicy_KeepsNgAndNotOk()
    {
        await StartAsync();
        await SetRecipeAsync("plate");
        string ok = Id(await JudgedAsync("ok", "OK"));
        await SetRecipeAsync("board");
        await FileAsync("ng", Id(await JudgedAsync("ng", "NG")));
        Assert.DoesNotContain(Files(), f => f.Contains(ok, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Run_ArchiveFolderBecomesAFile_VerdictsGoOnAndImagesComeBack()
    {
        await StartAsync();
        await FileAsync("ng", Id(await JudgedAsync("a", "NG")));
        Directory.Delete(Images, recursive: true);
        await File.WriteAllTextAsync(Images, "in the way", _limit.Token);
        for (int i = 0; i < 5; i++)
            await JudgedAsync($"b{i}", "NG");
        await _box.Log.SaysAsync("could not be archived", _limit.Token);

        File.Delete(Images);
        await FileAsync("ng", Id(await JudgedAsync("c", "NG")));
        await _box.Log.SaysAsync("archived again", _limit.Token);
        Assert.Single(_box.Log.Lines, line => line.Contains("could not be archived", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Run_IgnoreRule_LeavesItsPartOutAndRefusesFramesOfAnotherSize()
    {
        // The references' size, 96 x 72, is that of the frames; the left half is not judged.
        HeatmapEar ear = await StartAsync(
            true,
            new
            {
                x = 0,
                y = 0,
                width = 48,
                height = 72,
            },
            null,
            null,
            (Station + "HEATMAP__FORMAT", "png")
        );
        NoisePicture.Write(Path.Combine(_box.Inbox, "a.png"), 5);
        JsonElement judged = await JudgedAsync("a", "NG");
        JsonElement[] regions = [.. judged.GetProperty("regions").EnumerateArray()];
        Assert.NotEmpty(regions);
        Assert.All(regions, r => Assert.True(r.GetProperty("x").GetInt32() >= 46, $"region {r} lies in what is ignored"));

        // Half as bright, as nothing else is drawn there.
        RgbImage overlay = ImageCodec.Decode((await HeatmapAsync(ear)).Picture),
            frame = ImageCodec.Decode(await FileAsync("ng", Id(judged)));
        Assert.Equal(frame.View.Row(36)[..60].ToArray().Select(v => (byte)(v / 2)), overlay.View.Row(36)[..60].ToArray());

        var small = new RgbImage(64, 64);
        await using (FileStream file = File.Create(Path.Combine(_box.Inbox, "b.png")))
            ImageCodec.EncodePng(small.View, file);
        JsonElement wrong = await JudgedAsync("b", "NOT_JUDGED");
        Assert.Equal("wrong_frame", wrong.GetProperty("reason").GetString());
        Assert.Contains("is for 96x72", await _box.Log.SaysAsync("the frame has 64x64 pixels", _limit.Token), StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        for (int i = _open.Count - 1; i >= 0; i--)
            await _open[i].DisposeAsync();
        _limit.Dispose();
    }

    private Task<HeatmapEar> StartAsync(params (string Name, string Value)[] environment) =>
        StartAsync(false, null, null, null, environment);

    /// <summary>Starts a box under the recipe <c>board</c>, for which every part is NG; for <c>plate</c> every part is OK.</summary>
    private async Task<HeatmapEar> StartAsync(
        bool folderCamera,
        object? ignore,
        Mosquitto? broker,
        int? port,
        params (string Name, string Value)[] environment
    )
    {
        _broker = broker ?? Own(await Mosquitto.StartAsync(["allow_anonymous true"], _limit.Token));
        _ledger = Own(await Ledger.StartAsync(_broker, _limit.Token));
        HeatmapEar ear = Own(await HeatmapEar.StartAsync(_broker, _limit.Token));
        _box = Own(
            new ApplianceBox(
                new BoxOptions
                {
                    Port = port ?? _broker.Port,
                    Stations = [new("line1") { Inbox = folderCamera ? "in" : null }],
                    Environment = environment,
                }
            )
        );
        WriteRecipe("board", 7, 0.0001, ignore);
        WriteRecipe("plate", 8, 2, ignore);
        // A folder camera without its folder is a lost camera.
        if (folderCamera)
            Directory.CreateDirectory(_box.Inbox);
        _box.Start();
        await ReadyAsync("board");
        return ear;
    }

    private void WriteRecipe(string name, int number, double threshold, object? ignore) =>
        File.WriteAllText(
            Path.Combine(_box.DataFolder, "recipes", name + ".json"),
            JsonSerializer.Serialize(
                new
                {
                    number,
                    name,
                    @object = name,
                    branches = Branches,
                    profile = "patchclip",
                    thresholds = new { patchclip = new { fewShot = threshold } },
                    mapThresholds = new { patchclip = new { fewShot = 0.0001 } },
                    references = References,
                    ignore = ignore is null ? null : new[] { ignore },
                }
            )
        );

    private async Task ReadyAsync(string recipe) =>
        await NextAsync(e =>
            e.Topic == Out + "state"
            && !e.Retained
            && e.Json.GetProperty("ready").GetBoolean()
            && e.Json.GetProperty("recipe").GetProperty("name").GetString() == recipe
        );

    private async Task SetRecipeAsync(string name)
    {
        await Ledger.PublishAsync(
            _broker,
            ["-q", "1", "-t", In + "recipe/set", "-s"],
            $$"""{"requestId":"r","recipe":"{{name}}"}""",
            _limit.Token
        );
        await ReadyAsync(name);
    }

    /// <summary>Sends a trigger and waits for its verdict.</summary>
    private async Task<JsonElement> JudgedAsync(string trigger, string verdict)
    {
        await Ledger.PublishAsync(_broker, ["-q", "1", "-t", In + "trigger", "-s"], $$"""{"triggerId":"{{trigger}}"}""", _limit.Token);
        JsonElement given = (
            await NextAsync(e => e.Topic == Out + "verdict" && e.Json.GetProperty("triggerId").GetString() == trigger)
        ).Json;
        Assert.Equal(verdict, given.GetProperty("verdict").GetString());
        return given;
    }

    private async Task<Entry> NextAsync(Predicate<Entry> wanted)
    {
        try
        {
            return await _ledger.NextAsync(wanted, _limit.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"not heard in time; the program said:{Environment.NewLine}{_box.Log}");
        }
    }

    private async Task<HeardHeatmap> HeatmapAsync(HeatmapEar ear)
    {
        try
        {
            return await ear.NextAsync(_limit.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"no heatmap in time; the program said:{Environment.NewLine}{_box.Log}");
        }
    }

    /// <summary>Checks everything that a heatmap says of itself.</summary>
    private static DecodedImage Heard(JsonElement verdict, HeardHeatmap heatmap, ImageFileFormat format)
    {
        DecodedImage picture = ImageCodec.DecodeStored(heatmap.Picture);
        Assert.Equal(
            (Out + "heatmap", $"inspectionId:{Id(verdict)}", format == ImageFileFormat.Jpeg ? "image/jpeg" : "image/png"),
            (heatmap.Topic, heatmap.UserProperties, heatmap.ContentType)
        );
        Assert.Equal(format, picture.Header.Format);
        Assert.InRange(heatmap.Picture.Length, 1, LargestHeatmap);
        Assert.True(
            heatmap.Picture.AsSpan().IndexOf(Encoding.ASCII.GetBytes(Id(verdict))) >= 0,
            "the picture's comment does not name its inspection"
        );
        return picture;
    }

    /// <summary>Waits for the archived frame of an inspection.</summary>
    private async Task<byte[]> FileAsync(string kind, string id)
    {
        string? path = null;
        Assert.True(
            SpinWait.SpinUntil(
                () =>
                    (
                        path = Files()
                            .FirstOrDefault(f =>
                                f.Contains($"/{kind}/{id}.", StringComparison.Ordinal) && !f.EndsWith(".part", StringComparison.Ordinal)
                            )
                    )
                        is not null,
                Patience
            ),
            $"{kind}/{id} is not in the archive; the program said:{Environment.NewLine}{_box.Log}"
        );
        return await File.ReadAllBytesAsync(path!, _limit.Token);
    }

    private string[] Files() => Directory.Exists(Images) ? Directory.GetFiles(Images, "*", SearchOption.AllDirectories) : [];

    private static string Id(JsonElement verdict) => verdict.GetProperty("inspectionId").GetString()!;

    private T Own<T>(T thing)
        where T : IAsyncDisposable
    {
        _open.Add(thing);
        return thing;
    }
}
