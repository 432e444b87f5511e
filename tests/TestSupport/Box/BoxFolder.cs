using System.Text.Json;
using System.Text.Json.Serialization;
using ClipFusion.Models.Starter;

namespace ClipFusion.TestSupport;

/// <summary>All that a box under test is started from, in a folder of its own: configuration, pack, recipes and token.</summary>
public sealed class BoxFolder : IDisposable
{
    /// <summary>What a request has to show that triggers.</summary>
    public const string HttpToken = "a-token-of-the-tests";

    /// <summary>A recipe that names a picture that isn't there.</summary>
    private const string Broken =
        """{ "number": 9, "name": "broken", "object": "part", "references": ["nowhere.png"], "thresholds": { "patchclip": { "fewShot": 0.3 } } }""";

    private static readonly JsonSerializerOptions Sparse = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };
    private readonly TemporaryFolder _folder = new();

    public BoxFolder(BoxOptions options)
    {
        (DataFolder, PackFolder) = (options.DataFolder ?? _folder["data"], options.Pack ?? Pack(options));
        string recipes = Directory.CreateDirectory(Path.Combine(DataFolder, "recipes")).FullName;
        foreach (BoxRecipe recipe in options.Recipes ?? [BoxRecipe.Fast(7, "board"), BoxRecipe.Fast(8, "plate")])
            recipe.Write(recipes);
        if (options.Recipes is null)
            File.WriteAllText(RecipeFile("broken"), Broken);
        File.WriteAllText(TokenFile, HttpToken + "\n");
        object config = new
        {
            device = "box",
            dataFolder = DataFolder,
            modelPack = PackFolder,
            threads = 1,
            stations = options.Stations.Select(s => s.ToJson()),
            mqtt = new
            {
                host = options.Ca is null ? "127.0.0.1" : "localhost",
                port = options.Port,
                version = options.Version,
                userName = options.UserName,
                passwordFile = options.PasswordFile,
                commands = options.Commands,
                tls = options.Ca is { } ca ? new { ca } : null,
            },
            http = new
            {
                port = options.HttpPort,
                tokenFile = options.HasToken ? "token" : null,
                publicOrigin = options.PublicOrigin,
            },
            storage = new { reserveMb = 1 },
        };
        File.WriteAllText(ConfigFile, JsonSerializer.Serialize(config, Sparse));
    }

    /// <summary>The configuration.</summary>
    public string ConfigFile => _folder["clipfusion.json"];

    /// <summary>The file with the token.</summary>
    public string TokenFile => _folder["token"];

    /// <summary>Where the program keeps what it must not forget.</summary>
    public string DataFolder { get; }

    /// <summary>The model pack.</summary>
    public string PackFolder { get; }

    /// <summary>The folder <c>in</c>, for a folder camera; made when it is asked for.</summary>
    public string Inbox => _folder.Make("in");

    /// <summary>A recipe's file.</summary>
    public string RecipeFile(string name) => Path.Combine(DataFolder, "recipes", $"{name}.json");

    public void Dispose() => _folder.Dispose();

    private string Pack(BoxOptions options)
    {
        if (options is { HasPack: true, OwnPack: false })
            return SharedStarterPack.Folder;
        string own = _folder["pack"];
        if (options.HasPack)
            StarterPack.Build(own);
        return own;
    }
}
