using System.Collections;
using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.Foundation;
using ClipFusion.Foundation.Json;
using ClipFusion.OnnxInference.Providers;
using static ClipFusion.Foundation.Json.JsonValues;

namespace ClipFusion.EdgeDaemon.Configuration;

/// <summary>
/// Reads the device's configuration strictly: unknown and repeated keys are errors, and all errors are reported at once. Comments are
/// allowed, because people edit it. Single values can be replaced from the environment (<see cref="Overrides"/>).
/// <c>config/clipfusion.schema.json</c>
/// describes the same keys.
/// </summary>
internal static class ConfigReader
{
    /// <summary>What names of replacing environment variables start with, before two underscores.</summary>
    public const string Prefix = "CLIPFUSION";

    private const string LoopbackOnly =
        "a loopback address such as 127.0.0.1 or ::1: without users and roles the page is for this device only, and nothing can "
        + "override that";

    /// <summary>Reads a file and the process's environment.</summary>
    /// <param name="path">The file; relative paths in it, and in the environment, start at its folder.</param>
    /// <exception cref="ConfigException">The file can't be read, is no regular file, too large or not a usable configuration, or a variable
    /// is wrong.</exception>
    public static ApplianceConfig ReadFile(string path) => ReadFile(path, ProcessEnvironment());

    /// <summary>Reads a file and an environment.</summary>
    /// <param name="path">As above.</param>
    /// <param name="environment">Names and values; those without the prefix are left alone.</param>
    public static ApplianceConfig ReadFile(string path, IEnumerable<KeyValuePair<string, string>> environment)
    {
        ReadOnlyMemory<byte> bytes;
        try
        {
            bytes = StrictJson.ReadBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // One kind of error for whoever asks: the daemon must not be started again and again for it.
            throw new ConfigException(path, [new("$", $"a file that can't be read: {e.Message}", "a configuration")]);
        }

        // A file has a folder.
        return Read(bytes, Path.GetDirectoryName(Path.GetFullPath(path))!, environment, path);
    }

    /// <summary>Reads a configuration from memory.</summary>
    /// <param name="utf8Json">The file's bytes, UTF-8, with or without byte order mark.</param>
    /// <param name="folder">Where relative paths start; absolute.</param>
    /// <param name="environment">Names and values; those without the prefix are left alone.</param>
    /// <param name="source">Name for error messages.</param>
    /// <exception cref="ConfigException">Not a usable configuration, or a variable is wrong.</exception>
    public static ApplianceConfig Read(
        ReadOnlyMemory<byte> utf8Json,
        string folder,
        IEnumerable<KeyValuePair<string, string>> environment,
        string source = "configuration"
    )
    {
        var errors = new FieldErrors();
        using JsonDocument? document = StrictJson.Parse(
            utf8Json,
            "an object with the configuration's keys",
            errors,
            JsonRules.WithComments
        );
        if (document is null)
            throw new ConfigException(source, errors.List);

        var overrides = new Overrides(Prefix, environment);
        var fields = new JsonFields(document.RootElement, "$", errors, overrides);
        ApplianceConfig config = ReadFields(fields, new ConfigPaths(folder));
        fields.RejectUnknown();
        overrides.RejectUnknown(errors);
        if (errors.List.Count == 0)
            CameraFolders.RejectShared(config.Stations, errors);
        return errors.List.Count == 0 ? config : throw new ConfigException(source, errors.List);
    }

    private static ApplianceConfig ReadFields(JsonFields fields, ConfigPaths paths)
    {
        fields.Read("$schema", "", Text);
        return new(
            fields.Require("device", "", $"{Names.Rule}, part of every topic", TextWhere(Names.IsName, Names.Rule)),
            fields.Require("dataFolder", "", "the folder of database, recipes and images", paths.Read),
            fields.Require("modelPack", "", "the model pack's folder", paths.Read),
            fields.Read("threads", 0, Integer(0, 256)),
            Stations(fields, paths),
            fields.Object("mqtt", f => Mqtt(f, paths))!,
            fields.Object("http", f => Http(f, paths))!,
            fields.Object("storage", Storage)!,
            fields.Object("accelerator", f => Accelerator(f, paths))!,
            TimeSpan.FromMilliseconds(fields.Read("recipeDeadlineMs", 300_000, Integer(1000, 3_600_000)))
        )
        {
            Log = fields.Object("log", f => new LogConfig(f.Read("format", LogFormat.Text, Choice(ConfigNames.LogFormats))))!,
        };
    }

    private static ImmutableArray<StationConfig> Stations(JsonFields fields, ConfigPaths paths)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        return fields.Objects(
            "stations",
            ApplianceConfig.MaxStations,
            "stations",
            f =>
            {
                StationConfig station = StationConfigReader.Read(f, paths);
                if (station.Name.Length > 0 && !seen.Add(station.Name))
                    f.Errors.Add(f.PathOf("name"), $"\"{station.Name}\" a second time", "names that differ");
                return station;
            }
        );
    }

    private static MqttConfig Mqtt(JsonFields fields, ConfigPaths paths)
    {
        string host = fields.Require(
            "host",
            "",
            "the broker's name or address",
            TextWhere(IsHost, "a host name or an IP address, without scheme and port")
        );
        TlsConfig? tls = fields.ObjectOrNull("tls", f => Tls(f, paths));
        var config = new MqttConfig(
            host,
            fields.Read("port", tls is null ? 1883 : 8883, Integer(1, 65535)),
            fields.Read("version", MqttVersion.V5, Choice(ConfigNames.Versions)),
            tls,
            fields.Read("userName", null, TextOrNull(Text)),
            fields.Read("passwordFile", null, TextOrNull(paths.Read)),
            TimeSpan.FromMilliseconds(fields.Read("liveWindowMs", 10_000, Integer(1000, 600_000))),
            fields.Read(
                "commands",
                [MqttCommand.Trigger, MqttCommand.Recipe],
                List(Choice(ConfigNames.Commands), ConfigNames.Commands.Length, "commands", min: 0)
            )
        )
        {
            NoSubscriber = fields.Read("noSubscriber", NoSubscriber.Replay, Choice(ConfigNames.NoSubscribers)),
        };
        if (config.PasswordFile is not null && config.UserName is null && !fields.Has("userName"))
            fields.Errors.Add(fields.PathOf("userName"), "nothing", "the user that the password of passwordFile belongs to");
        return config;
    }

    private static TlsConfig Tls(JsonFields fields, ConfigPaths paths)
    {
        var tls = new TlsConfig(
            fields.Read("ca", null, TextOrNull(paths.Read)),
            fields.Read("certificate", null, TextOrNull(paths.Read)),
            fields.Read("key", null, TextOrNull(paths.Read))
        );
        if (fields.Has("certificate") != fields.Has("key"))
        {
            (string missing, string there) = fields.Has("key") ? ("certificate", "key") : ("key", "certificate");
            fields.Errors.Add(fields.PathOf(missing), "nothing", $"a file, because there is a {there}: a device shows both or neither");
        }

        return tls;
    }

    private static HttpConfig Http(JsonFields fields, ConfigPaths paths) =>
        new(
            fields.Read<IPAddress>("address", IPAddress.Loopback, Loopback),
            fields.Read("port", 8080, Integer(0, 65535)),
            fields.Read("tokenFile", null, TextOrNull(paths.Read)),
            fields.Read(
                "publicOrigin",
                null,
                TextOrNull(
                    TextWhere(
                        IsOrigin,
                        "what browsers show of a page's address: https://NAME or https://NAME:PORT, in small letters, without a path"
                    )
                )
            )
        );

    private static StorageConfig Storage(JsonFields fields) =>
        new(
            fields.Read("reserveMb", 64, Integer(1, 4096)),
            fields.Read("outboxMaxGigabytes", 2, Number(0.001, 1000)),
            fields.Read("outboxMaxDays", 30, Integer(1, 365)),
            fields.Read("retentionDays", 365, Integer(1, 3650))
        );

    private static AcceleratorConfig Accelerator(JsonFields fields, ConfigPaths paths) =>
        new(
            fields.Read("imageTower", ProviderChoice.Auto, Choice(ProviderNames.Choices)),
            fields.Read("textTowers", ProviderChoice.Cpu, Choice(ProviderNames.Choices)),
            fields.Read("vae", ProviderChoice.Auto, Choice(ProviderNames.Choices)),
            fields.Read("unet", ProviderChoice.Auto, Choice(ProviderNames.Choices)),
            fields.Read("device", 0, Integer(0, 15)),
            fields.Read("float16", false, Flag),
            fields.Read("cudaGraphs", false, Flag),
            fields.Read("workspaceMb", 2048, Integer(64, 65_536)),
            fields.Read("engineFolder", null, TextOrNull(paths.Read)),
            fields.Read("onnxRuntime", null, TextOrNull(paths.Read))
        );

    private static bool Loopback(JsonElement json, string path, FieldErrors errors, out IPAddress address)
    {
        address = IPAddress.Loopback;
        if (
            !TextWhere(
                text => text == "localhost" || (IPAddress.TryParse(text, out IPAddress? parsed) && IPAddress.IsLoopback(parsed)),
                LoopbackOnly
            )(json, path, errors, out string text)
        )
            return false;
        if (text != "localhost")
            address = IPAddress.Parse(text);
        return true;
    }

    // As browsers write it in the Origin header, so that it can be compared as it is.
    private static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? origin)
        && origin.Scheme is "http" or "https"
        && text == $"{origin.Scheme}://{origin.Authority}"
        && text.All(char.IsAscii);

    private static bool IsHost(string text) => Uri.CheckHostName(text) != UriHostNameType.Unknown;

    /// <summary>The environment that the process was started with.</summary>
    internal static Dictionary<string, string> ProcessEnvironment() =>
        Environment
            .GetEnvironmentVariables()
            .Cast<DictionaryEntry>()
            .ToDictionary(e => (string)e.Key, e => (string?)e.Value ?? "", StringComparer.Ordinal);
}
