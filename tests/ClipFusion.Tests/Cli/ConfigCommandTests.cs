using System.Runtime.Versioning;
using System.Text.Json;
using ClipFusion.Tests.EdgeDaemon.Configuration;

namespace ClipFusion.Tests.Cli;

[SupportedOSPlatform("linux")]
public sealed class ConfigCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Check_GoodFile_IsCodeZeroWithEveryWarning()
    {
        string secret = _folder["password"];
        File.WriteAllText(secret, "x");
        File.SetUnixFileMode(secret, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        string file = Write(
            """
            {"device": "box1", "dataFolder": "none", "modelPack": "pack", "mqtt": {"host": "b", "userName": "u", "passwordFile": "password", "commands": []},
             "stations": [{"name": "line1", "camera": {"kind": "folder", "folder": "in"}, "triggers": {"http": true}, "recipe": "nut"}]}
            """
        );

        WritePack();
        CliRun cli = await CliRun.RunAsync("config", "check", file);
        Assert.Equal(0, cli.Code);
        Assert.Equal($"{file}: device box1, 1 station, no error, 6 warnings\n", cli.Output);
        foreach (
            string path in (string[])
                [
                    "$.dataFolder",
                    "$.mqtt.passwordFile",
                    "$.stations[0].camera.folder",
                    "$.stations[0].recipe",
                    "$.stations[0].triggers.http",
                    "$.stations[0].triggers.mqtt",
                ]
        )
            Assert.Contains($"warning: {file}: {path}: ", cli.Error, StringComparison.Ordinal);

        File.SetUnixFileMode(secret, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Assert.DoesNotContain("$.mqtt.passwordFile", (await CliRun.RunAsync("config", "check", file)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_BadFile_IsCodeTwoWithEveryError()
    {
        string file = Write(ConfigFiles.With("$.mqtt.port", "0", ConfigFiles.With("$.colour", "1")));
        CliRun cli = await CliRun.RunAsync("config", "check", file);
        cli.AssertBadArguments(
            $"{file}: $.mqtt.port: found 0; expected a whole number from 1 to 65535",
            $"{file}: $.colour: found an unknown key"
        );

        JsonElement json = Assert.Single((await CliRun.RunAsync("config", "check", file, "--json")).Json);
        Assert.False(json.GetProperty("ok").GetBoolean());
        Assert.Equal(
            ["$.mqtt.port", "$.colour"],
            json.GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("path").GetString())
        );
    }

    [Fact]
    public async Task Check_PackOrFoldersThatRunCannotUse_AreErrors()
    {
        File.WriteAllText(_folder["data"], "a file");
        string file = Write(ConfigFiles.With("$.dataFolder", "\"data/below\"", ConfigFiles.With("$.modelPack", "\"none\"")));
        CliRun check = await CliRun.RunAsync("config", "check", file),
            run = await CliRun.RunAsync("run", "--config", file);
        check.AssertBadArguments(
            $"{file}: $.modelPack: found no usable model pack",
            $"{file}: $.dataFolder: found {_folder["data"]} is a file"
        );
        run.AssertBadArguments("none");
        Assert.Single(run.Errors);

        WritePack();
        run = await CliRun.RunAsync(
            "run",
            "--config",
            Write(ConfigFiles.With("$.dataFolder", "\"data/below\"", ConfigFiles.With("$.modelPack", "\"pack\"")))
        );
        Assert.Equal(1, run.Code);
        Assert.Contains("$.dataFolder", Assert.Single(run.Errors), StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_EveryRecipeOfTheDevice_IsLookedAt()
    {
        WritePack();
        string recipes = Directory.CreateDirectory(_folder["recipes"]).FullName;
        File.WriteAllText(
            Path.Combine(recipes, "nut.json"),
            """{"number": 1, "name": "nut", "object": "nut", "thresholds": {"clipfusion": {"zeroShot": 0.5}}}"""
        );
        File.WriteAllText(
            Path.Combine(recipes, "bolt.json"),
            """{"number": 2, "object": "bolt", "branches": ["clipVision"], "profile": "patchclip"}"""
        );
        File.WriteAllText(Path.Combine(recipes, "broken.json"), """{"number": 3, "objct": "x"}""");
        string file = Write(
            ConfigFiles.With(
                "$.dataFolder",
                "\".\"",
                ConfigFiles.With("$.modelPack", "\"pack\"", ConfigFiles.With("$.stations[0].recipe", "\"nut\""))
            )
        );
        CliRun cli = await CliRun.RunAsync("config", "check", file);
        Assert.Equal(0, cli.Code);
        Assert.Contains(
            "recipe bolt: its branches all compare with good parts, and it has no references",
            cli.Error,
            StringComparison.Ordinal
        );
        Assert.Contains("recipe broken: $.object", cli.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("recipe nut", cli.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_FileThatIsMissing_IsCodeTwo() =>
        (await CliRun.RunAsync("config", "check", _folder["none.json"])).AssertBadArguments("can't be read");

    [Theory]
    [InlineData("""{"number": 1, "name": "nut", "object": "nut"}""", "has no threshold for its profile")]
    [InlineData("""{"number": 1, "name": "nut"}""", "$.object: found nothing")]
    [InlineData("""{"number": 1, "name": "nut", "object": "nut", "references": ["a.png"]}""", "there is no file a.png")]
    [InlineData("""{"number": 1, "name": "nut", "object": "nut", "thresholds": {"clipfusion": {"zeroShot": 0.5}}}""", null)]
    public async Task Check_RecipeOfTheFirstStart_IsLookedAt(string recipe, string? warning)
    {
        Directory.CreateDirectory(_folder["recipes"]);
        File.WriteAllText(_folder["recipes", "nut.json"], recipe);
        WritePack();
        string file = Write(
            ConfigFiles.With(
                "$.dataFolder",
                "\".\"",
                ConfigFiles.With("$.modelPack", "\"pack\"", ConfigFiles.With("$.stations[0].recipe", "\"nut\""))
            )
        );
        CliRun cli = await CliRun.RunAsync("config", "check", file);
        Assert.Equal(0, cli.Code);
        if (warning is null)
            Assert.DoesNotContain("$.stations[0].recipe", cli.Error, StringComparison.Ordinal);
        else
            Assert.Contains(warning, cli.Error, StringComparison.Ordinal);
    }

    private void WritePack() => Directory.CreateSymbolicLink(_folder["pack"], SharedStarterPack.Folder);

    private string Write(string json)
    {
        string file = _folder["clipfusion.json"];
        File.WriteAllText(file, json);
        return file;
    }
}
