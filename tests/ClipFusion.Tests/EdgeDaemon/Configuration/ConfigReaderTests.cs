using System.Net;
using ClipFusion.Camera.Simulation;
using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.Foundation.Json;
using ClipFusion.OnnxInference.Providers;
using static ClipFusion.Tests.EdgeDaemon.Configuration.ConfigFiles;

namespace ClipFusion.Tests.EdgeDaemon.Configuration;

public sealed class ConfigReaderTests
{
    [Fact]
    public void Read_Least_GivesTheDefaults()
    {
        ApplianceConfig config = Read(Least);
        Assert.Equal(("box1", "/data", "/etc/clipfusion/pack", 0), (config.Device, config.DataFolder, config.ModelPack, config.Threads));
        Assert.Equal("/data/recipes", config.RecipeFolder);
        StationConfig station = Assert.Single(config.Stations);
        Assert.Equal(new SimulatedCameraConfig(1, 640, 480, null, 0.2, null), station.Camera);
        Assert.Equal(new TriggerConfig(true, false, null, false), station.Triggers);
        Assert.Equal(
            (4, TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(10), null),
            (station.QueueDepth, station.MinTriggerInterval, station.TriggerIdTtl, station.Recipe)
        );
        Assert.Equal(new ImageConfig(ImagePolicy.NgAndReview, 100, 20, 30), station.Images);
        Assert.Equal(new HeatmapConfig(HeatmapWhen.OnNg, HeatmapFormat.Jpeg), station.Heatmap);
        Assert.Equal(
            ("broker.local", 1883, MqttVersion.V5, null, null, null),
            (config.Mqtt.Host, config.Mqtt.Port, config.Mqtt.Version, config.Mqtt.Tls, config.Mqtt.UserName, config.Mqtt.PasswordFile)
        );
        Assert.Equal(TimeSpan.FromSeconds(10), config.Mqtt.LiveWindow);
        Assert.Equal([MqttCommand.Trigger, MqttCommand.Recipe], config.Mqtt.Commands);
        Assert.Equal(new HttpConfig(IPAddress.Loopback, 8080, null), config.Http);
        Assert.Equal(new StorageConfig(64, 2, 30, 365), config.Storage);
        Assert.Equal(
            new AcceleratorConfig(
                ProviderChoice.Auto,
                ProviderChoice.Cpu,
                ProviderChoice.Auto,
                ProviderChoice.Auto,
                0,
                false,
                false,
                2048,
                null,
                null
            ),
            config.Accelerator
        );
        Assert.Equal("/data/engines", config.Accelerator.ToSettings(config.DataFolder).CacheFolder);
    }

    [Fact]
    public void Read_EveryKey_IsTaken()
    {
        ApplianceConfig config = Read(
            """
            {
              "$schema": "x", "device": "box-2", "dataFolder": "../data", "modelPack": "/pack", "threads": 256,
              "stations": [
                {"name": "a", "camera": {"kind": "folder", "folder": "in", "settleMs": 0, "replay": true},
                 "triggers": {"mqtt": false, "http": true, "intervalMs": 10, "frameArrival": false}, "queueDepth": 64, "minTriggerIntervalMs": 0,
                 "triggerIdTtlMs": 600000, "recipe": "007", "images": {"policy": "sampleOfOk", "sampleEvery": 5, "maxGigabytes": 0.5, "maxDays": 2},
                 "heatmap": {"when": "always", "format": "map16"}},
                {"name": "b", "camera": {"kind": "simulated", "seed": 9, "width": 64, "height": 8192, "material": "wood-grain", "defectRate": 1, "frameIntervalMs": 40}, "triggers": {"frameArrival": true}}
              ],
              "mqtt": {"host": "::1", "port": 1, "version": "3.1.1", "tls": {"ca": "ca.pem", "certificate": "c.pem", "key": "k.pem"}, "userName": "u", "passwordFile": "p",
                       "liveWindowMs": 1000, "commands": []},
              "http": {"address": "::1", "port": 0, "tokenFile": "t"},
              "storage": {"reserveMb": 1, "outboxMaxGigabytes": 0.001, "outboxMaxDays": 1, "retentionDays": 1},
              "accelerator": {"imageTower": "tensorrt", "textTowers": "cuda", "vae": "cpu", "unet": "auto", "device": 15, "float16": true, "cudaGraphs": true, "workspaceMb": 64, "engineFolder": "e", "onnxRuntime": "/opt/libonnxruntime.so"}
            }
            """
        );

        Assert.Equal(("/etc/data", "/pack", 256), (config.DataFolder, config.ModelPack, config.Threads));
        StationConfig a = config.Stations[0];
        Assert.Equal(new FolderCameraConfig("/etc/clipfusion/in", TimeSpan.Zero, true), a.Camera);
        Assert.Equal(new TriggerConfig(false, true, TimeSpan.FromMilliseconds(10), false), a.Triggers);
        Assert.Equal((64, TimeSpan.Zero, TimeSpan.FromMinutes(10), "007"), (a.QueueDepth, a.MinTriggerInterval, a.TriggerIdTtl, a.Recipe));
        Assert.Equal(new ImageConfig(ImagePolicy.SampleOfOk, 5, 0.5, 2), a.Images);
        Assert.Equal(new HeatmapConfig(HeatmapWhen.Always, HeatmapFormat.Map16), a.Heatmap);
        Assert.Equal(
            new SimulatedCameraConfig(9, 64, 8192, Material.WoodGrain, 1, TimeSpan.FromMilliseconds(40)),
            config.Stations[1].Camera
        );
        Assert.True(config.Stations[1].Triggers.FrameArrival);
        Assert.Equal(new TlsConfig("/etc/clipfusion/ca.pem", "/etc/clipfusion/c.pem", "/etc/clipfusion/k.pem"), config.Mqtt.Tls);
        Assert.Equal(
            ("::1", 1, MqttVersion.V311, "u", "/etc/clipfusion/p"),
            (config.Mqtt.Host, config.Mqtt.Port, config.Mqtt.Version, config.Mqtt.UserName, config.Mqtt.PasswordFile)
        );
        Assert.Empty(config.Mqtt.Commands);
        Assert.Equal(new HttpConfig(IPAddress.IPv6Loopback, 0, "/etc/clipfusion/t"), config.Http);
        Assert.Equal(new StorageConfig(1, 0.001, 1, 1), config.Storage);
        Assert.Equal(
            new AcceleratorConfig(
                ProviderChoice.TensorRt,
                ProviderChoice.Cuda,
                ProviderChoice.Cpu,
                ProviderChoice.Auto,
                15,
                true,
                true,
                64,
                "/etc/clipfusion/e",
                "/opt/libonnxruntime.so"
            ),
            config.Accelerator
        );
        ProviderSettings settings = config.Accelerator.ToSettings(config.DataFolder);
        Assert.Equal(("/etc/clipfusion/e", true), (settings.CacheFolder, settings.CudaGraphs));
    }

    [Fact]
    public void Read_ManyMistakes_ReportsAllAtOnceInOrder() =>
        Assert.Equal(
            [
                "$.device",
                "$.modelPack",
                "$.threads",
                "$.stations[0].camera.kind",
                "$.stations[0].queueDepth",
                "$.stations[0].colour",
                "$.stations[1].camera.folder",
                "$.stations[1].name",
                "$.mqtt.host",
                "$.mqtt.port",
                "$.http.address",
                "$.storage.reserveMb",
                "$.storage.quota",
                "$.accelerator.vae",
                "$.accelerator.workspaceMb",
                "$.accelerator.gpu",
                "$.Threads",
            ],
            Errors(
                    """
                    {"device": "Box 1", "dataFolder": "/d", "threads": -1, "Threads": 1,
                     "stations": [{"name": "a", "camera": {"kind": "webcam", "url": "x"}, "queueDepth": 0, "colour": 1}, {"name": "a", "camera": {"kind": "folder"}}],
                     "mqtt": {"port": 0}, "http": {"address": "0.0.0.0"}, "storage": {"reserveMb": "64", "quota": 1},
                     "accelerator": {"vae": "gpu", "workspaceMb": 0, "gpu": 1}}
                    """
                )
                .Select(e => e.Path)
        );

    [Fact]
    public void Read_Nothing_NamesWhatIsRequired() =>
        Assert.Equal(["$.device", "$.dataFolder", "$.modelPack", "$.stations", "$.mqtt.host"], Errors("{}").Select(e => e.Path));

    [Theory]
    [InlineData("$.device", "\"\"")]
    [InlineData("$.device", "\"../x\"")]
    [InlineData("$.device", "\"box\\u200b\"")]
    [InlineData("$.device", "\"box/+\"")]
    [InlineData("$.device", "\"#\"")]
    [InlineData("$.device", "\"abcdefghijabcdefghijabcdefghij123\"")]
    [InlineData("$.dataFolder", "\"\"")]
    [InlineData("$.dataFolder", "\"a\\u0000b\"")]
    [InlineData("$.dataFolder", "7")]
    [InlineData("$.modelPack", "null")]
    [InlineData("$.threads", "1.5")]
    [InlineData("$.stations", "[]")]
    [InlineData("$.stations", "{}")]
    [InlineData("$.stations[0]", "\"line1\"")]
    [InlineData("$.stations[0].name", "\"Line1\"")]
    [InlineData("$.stations[0].camera", "\"simulated\"")]
    [InlineData("$.stations[0].camera.kind", "\"Simulated\"")]
    [InlineData("$.stations[0].camera.folder", "\"x\"")]
    [InlineData("$.stations[0].camera.material", "\"Steel\"")]
    [InlineData("$.stations[0].triggers.mqtt", "\"yes\"")]
    [InlineData("$.stations[0].triggers.intervalMs", "9")]
    [InlineData("$.stations[0].recipe", "12")]
    [InlineData("$.stations[0].recipe", "\"../nut\"")]
    [InlineData("$.stations[0].recipe", "\"1000\"")]
    [InlineData("$.stations[0].images", "null")]
    [InlineData("$.stations[0].images.policy", "\"some\"")]
    [InlineData("$.stations[0].heatmap.when", "true")]
    [InlineData("$.mqtt", "null")]
    [InlineData("$.mqtt.host", "\"mqtt://broker\"")]
    [InlineData("$.mqtt.host", "\"broker:1883\"")]
    [InlineData("$.mqtt.host", "\"a b\"")]
    [InlineData("$.mqtt.version", "5")]
    [InlineData("$.mqtt.version", "\"3.1\"")]
    [InlineData("$.mqtt.tls", "true")]
    [InlineData("$.mqtt.tls.verify", "false")]
    [InlineData("$.mqtt.password", "\"secret\"")]
    [InlineData("$.mqtt.commands", "\"trigger\"")]
    [InlineData("$.mqtt.commands", "[\"trigger\", \"trigger\"]", "$.mqtt.commands[1]")]
    [InlineData("$.mqtt.commands", "[\"reboot\"]", "$.mqtt.commands[0]")]
    [InlineData("$.mqtt.passwordFile", "\"p\"", "$.mqtt.userName")]
    [InlineData("$.mqtt.tls", "{\"key\": \"k\"}", "$.mqtt.tls.certificate")]
    [InlineData("$.mqtt.tls", "{\"certificate\": \"c\"}", "$.mqtt.tls.key")]
    [InlineData("$.stations[0].triggers", "{\"mqtt\": false}")]
    [InlineData("$.http.address", "\"192.168.1.2\"")]
    [InlineData("$.http.address", "\"*\"")]
    [InlineData("$.http.address", "\"::\"")]
    [InlineData("$.http.port", "65536")]
    [InlineData("$.accelerator", "\"cuda\"")]
    [InlineData("$.accelerator.unet", "\"CUDA\"")]
    [InlineData("$.accelerator.device", "-1")]
    [InlineData("$.accelerator.float16", "1")]
    public void Read_OneMistake_SaysWhereFoundAndExpected(string path, string value, string? errorPath = null)
    {
        FieldError error = Assert.Single(Errors(With(path, value)));
        Assert.Equal(errorPath ?? path, error.Path);
        Assert.NotEmpty(error.Found);
        Assert.NotEmpty(error.Expected);
    }

    [Fact]
    public void Read_AddressThatOthersReach_SaysWhyItIsRefused() =>
        Assert.Contains(
            "without users and roles",
            Assert.Single(Errors(With("$.http.address", "\"0.0.0.0\""))).Expected,
            StringComparison.Ordinal
        );

    [Fact]
    public void Read_CommentsAndTls_AreHandled()
    {
        Assert.Equal("box1", Read("// mine\n" + Least.Replace("\"/data\",", "\"/data\", /* here */", StringComparison.Ordinal)).Device);
        Assert.Equal(8883, Read(With("$.mqtt.tls", "{}")).Mqtt.Port);
        Assert.Equal(
            "$",
            Assert
                .Single(Errors(Least.Replace("}]", "}],", StringComparison.Ordinal).Replace("],,", "],", StringComparison.Ordinal) + "x"))
                .Path
        );
    }

    [Fact]
    public void Read_KeyTwice_IsAnError()
    {
        FieldError error = Assert.Single(Errors(Least.Replace("\"device\"", "\"device\": \"a\", \"device\"", StringComparison.Ordinal)));
        Assert.Equal(("$.device", "the key a second time"), (error.Path, error.Found));
    }
}
