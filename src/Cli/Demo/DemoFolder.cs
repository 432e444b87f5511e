using System.Text.Json;
using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.Foundation.Files;
using ClipFusion.Models.Pack;
using ClipFusion.Models.Starter;

namespace ClipFusion.Cli.Demo;

/// <summary>The demo's folder: an ordinary <c>clipfusion.json</c>, ordinary data, an ordinary pack. A temporary one is removed at the end,
/// unless the box failed.</summary>
internal sealed class DemoFolder : IDisposable
{
    private const string ConfigName = "clipfusion.json";

    private const string Heading = """
        // Written by "clipfusion demo" at each start: changes are lost. To try some, copy this folder and use "clipfusion run --config".

        """;

    private bool _isTemporary;

    private DemoFolder(string path, bool isTemporary) => (Path, _isTemporary) = (path, isTemporary);

    /// <summary>Absolute.</summary>
    public string Path { get; }

    public string LogFile => System.IO.Path.Combine(Path, "demo.log");

    public string ConfigFile => System.IO.Path.Combine(Path, ConfigName);

    private const int MaxConfigBytes = 1 << 20;

    /// <summary>Takes a folder.</summary>
    /// <param name="kept">A folder that is new, empty or from an earlier demo; null for a temporary one.</param>
    /// <exception cref="UsageException">The folder holds something else, which would be overwritten.</exception>
    public static DemoFolder Take(string? kept)
    {
        if (kept is null)
            return new DemoFolder(Directory.CreateTempSubdirectory("clipfusion-demo-").FullName, isTemporary: true);
        string path = System.IO.Path.GetFullPath(kept);
        if (File.Exists(path))
            throw new UsageException($"--data {kept}: is a file; a folder is expected");
        string config = System.IO.Path.Combine(path, ConfigName);
        bool isOurs = File.Exists(config) && RegularFile.ReadAllText(config, MaxConfigBytes).StartsWith(Heading, StringComparison.Ordinal);
        if (!isOurs && Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any())
            throw new UsageException(
                $"--data {kept}: the folder holds something that is not the demo's; a new or empty folder, or one of an earlier demo, "
                    + "is expected"
            );
        Directory.CreateDirectory(path);
        return new DemoFolder(path, isTemporary: false);
    }

    /// <summary>The starter pack beside the program where that is whole, else one that is built here.</summary>
    public string Pack(IProgress<string> steps, CancellationToken cancellation)
    {
        string beside = System.IO.Path.GetFullPath(System.IO.Path.Combine(AppContext.BaseDirectory, "..", "starter-pack")),
            own = System.IO.Path.Combine(Path, "starter-pack");
        foreach (string folder in (string[])[beside, own])
        {
            if (IsWhole(folder, cancellation))
                return folder;
        }

        if (Directory.Exists(own))
            Directory.Delete(own, recursive: true);
        steps.Report("building the starter pack");
        StarterPack.Build(own, cancellation: cancellation);
        return own;
    }

    /// <summary>Writes the configuration and reads it as <c>clipfusion run</c> would, but for the environment: a variable that is meant for
    /// a real box must not lead the demo to its broker.</summary>
    /// <param name="pack">The model pack's folder.</param>
    /// <param name="brokerPort">The embedded broker's.</param>
    /// <param name="httpPort">The page's; 0 = the system picks.</param>
    /// <param name="material">What the line makes.</param>
    public LiveConfig Configure(string pack, int brokerPort, int httpPort, string material)
    {
        object config = new
        {
            device = DemoLine.Device,
            dataFolder = Path,
            modelPack = pack,
            stations = new[]
            {
                new
                {
                    name = DemoLine.Station,
                    camera = new
                    {
                        kind = "simulated",
                        seed = DemoLine.Seed,
                        width = 640,
                        height = 480,
                        material,
                        defectRate = DemoLine.DefectRate,
                    },
                    triggers = new { mqtt = true, intervalMs = DemoLine.IntervalMs },
                    recipe = DemoLine.Recipe,
                    images = new { policy = "ngAndReview", maxGigabytes = 0.5 },
                    heatmap = new { when = "always" },
                },
            },
            mqtt = new
            {
                host = "127.0.0.1",
                port = brokerPort,
                noSubscriber = "delivered",
            },
            http = new { address = "127.0.0.1", port = httpPort },
            storage = new { reserveMb = 8 },
        };
        AtomicFile.Write(ConfigFile, Durability.Process, Heading + JsonSerializer.Serialize(config, JsonFiles.Indented) + "\n");
        return new LiveConfig(ConfigFile, new Dictionary<string, string>(), ConfigReader.ReadFile(ConfigFile, []));
    }

    /// <summary>Leaves a temporary folder where it is: its log is wanted.</summary>
    public void Keep() => _isTemporary = false;

    public void Dispose()
    {
        if (_isTemporary)
            Directory.Delete(Path, recursive: true);
    }

    private static bool IsWhole(string pack, CancellationToken cancellation)
    {
        if (!Directory.Exists(pack))
            return false;
        try
        {
            (PackManifest manifest, IReadOnlyList<string> problems) = PackVerifier.Verify(pack, null, cancellation);
            return problems.Count == 0 && manifest.Notice == StarterPack.Notice;
        }
        catch (Exception e) when (e is PackException or IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static class JsonFiles
    {
        public static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n" };
    }
}
