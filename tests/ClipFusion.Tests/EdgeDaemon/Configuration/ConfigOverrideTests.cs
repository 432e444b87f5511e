using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.Foundation.Json;
using static ClipFusion.Tests.EdgeDaemon.Configuration.ConfigFiles;

namespace ClipFusion.Tests.EdgeDaemon.Configuration;

public sealed class ConfigOverrideTests
{
    [Fact]
    public void Read_Variables_ReplaceTheFilesValues()
    {
        ApplianceConfig config = Read(
            Least,
            ("CLIPFUSION__DEVICE", "box9"),
            ("clipfusion__mqtt__host", "10.0.0.7"),
            ("CLIPFUSION__MQTT__PORT", "2883"),
            ("CLIPFUSION__MQTT__VERSION", "5"),
            ("CLIPFUSION__STATIONS__0__QUEUEDEPTH", "9"),
            ("CLIPFUSION__STATIONS__0__RECIPE", "7"),
            ("CLIPFUSION__STATIONS__0__TRIGGERS__HTTP", "true"),
            ("CLIPFUSION__STATIONS__0__IMAGES__MAXGIGABYTES", "0.5"),
            ("CLIPFUSION__HTTP__PORT", "0"),
            ("CLIPFUSION__MODELPACK", "packs/a"),
            ("HOME", "/root"),
            ("CLIPFUSION_HOME", "x")
        );
        Assert.Equal(("box9", "10.0.0.7", 2883, MqttVersion.V5), (config.Device, config.Mqtt.Host, config.Mqtt.Port, config.Mqtt.Version));
        Assert.Equal(
            (9, "7", true, 0.5),
            (
                config.Stations[0].QueueDepth,
                config.Stations[0].Recipe,
                config.Stations[0].Triggers.Http,
                config.Stations[0].Images.MaxGigabytes
            )
        );
        Assert.Equal((0, "/etc/clipfusion/packs/a"), (config.Http.Port, config.ModelPack));
    }

    [Fact]
    public void Read_VariableOfAKeyThatTheFileLacks_Counts()
    {
        const string NoBroker =
            """{"device": "b", "dataFolder": "/d", "modelPack": "/p", "stations": [{"name": "a", "camera": {"kind": "simulated"}}]}""";
        Assert.Equal("broker", Read(NoBroker, ("CLIPFUSION__MQTT__HOST", "broker")).Mqtt.Host);
        Assert.Equal("/etc/clipfusion/ca.pem", Read(Least, ("CLIPFUSION__MQTT__TLS__CA", "ca.pem")).Mqtt.Tls?.Ca);
        Assert.Null(
            Read(With("$.mqtt.tls", "{}"), ("CLIPFUSION__STATIONS__0__TRIGGERS__INTERVALMS", "null")).Stations[0].Triggers.Interval
        );
    }

    [Theory]
    [InlineData("CLIPFUSION__MQTT__PORT", "70000", "CLIPFUSION__MQTT__PORT ($.mqtt.port)", "70000")]
    [InlineData("CLIPFUSION__MQTT__PORT", "", "CLIPFUSION__MQTT__PORT ($.mqtt.port)", "\"\"")]
    [InlineData("CLIPFUSION__DEVICE", "Box", "CLIPFUSION__DEVICE ($.device)", "\"Box\"")]
    [InlineData("CLIPFUSION__HTTP__ADDRESS", "0.0.0.0", "CLIPFUSION__HTTP__ADDRESS ($.http.address)", "\"0.0.0.0\"")]
    [InlineData(
        "CLIPFUSION__STATIONS__0__TRIGGERS__HTTP",
        "yes",
        "CLIPFUSION__STATIONS__0__TRIGGERS__HTTP ($.stations[0].triggers.http)",
        "\"yes\""
    )]
    [InlineData("CLIPFUSION__MQTT__COMMANDS", "trigger", "CLIPFUSION__MQTT__COMMANDS ($.mqtt.commands)", "\"trigger\"")]
    [InlineData("CLIPFUSION__MQTT__HOTS", "x", "CLIPFUSION__MQTT__HOTS", "a variable that names no single value of the file")]
    [InlineData("CLIPFUSION__STATIONS__1__NAME", "x", "CLIPFUSION__STATIONS__1__NAME", "a variable that names no single value of the file")]
    [InlineData("CLIPFUSION__MQTT", "x", "CLIPFUSION__MQTT", "a variable that names no single value of the file")]
    [InlineData("CLIPFUSION__", "x", "CLIPFUSION__", "a variable that names no single value of the file")]
    public void Read_WrongVariable_IsAnErrorThatNamesIt(string name, string value, string path, string found)
    {
        FieldError error = Assert.Single(Errors(Least, (name, value)));
        Assert.Equal((path, found), (error.Path, error.Found));
    }

    [Fact]
    public void Read_GoodVariable_HidesTheFilesMistake() =>
        Assert.Empty(Errors(With("$.mqtt.port", "0"), ("CLIPFUSION__MQTT__PORT", "1883")));
}
