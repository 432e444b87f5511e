using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using ClipFusion.ApplianceTests.Broker;
using ClipFusion.Inspection.Imaging;
using ClipFusion.Models.Starter;
using ClipFusion.TestSupport;

namespace ClipFusion.ApplianceTests.Box;

/// <summary>The real program with the starter pack, a simulated line and a recipe, in a folder of its own; may be started and killed again and again.</summary>
internal sealed class ApplianceBox : IAsyncDisposable
{
    private const string Listening = "Now listening on: ";
    private static readonly string[] Branches = ["clipVision"];
    private static readonly string[] References = ["ref0.png", "ref1.png"];

    private readonly string _folder = Directory.CreateTempSubdirectory("clipfusion-box-").FullName;
    private readonly ProgramLog _log = new();
    private readonly BoxOptions _options;
    private Process? _process;

    public ApplianceBox(Mosquitto broker, bool folderCamera = false)
        : this(new BoxOptions { Port = broker.Port, FolderCamera = folderCamera })
    {
    }

    public ApplianceBox(BoxOptions options)
    {
        (_options, DataFolder) = (options, options.DataFolder ?? Path.Combine(_folder, "data"));
        StarterPack.Build(Path.Combine(_folder, "pack"));
        string recipes = Directory.CreateDirectory(Path.Combine(DataFolder, "recipes")).FullName;
        foreach ((string name, int number) in (ReadOnlySpan<(string, int)>)[("board", 7), ("plate", 8)]) File.WriteAllText(Path.Combine(recipes, $"{name}.json"), Recipe(name, number));
        File.WriteAllText(Path.Combine(recipes, "broken.json"), """{ "number": 9, "name": "broken", "object": "part", "references": ["nowhere.png"], "thresholds": { "patchclip": { "fewShot": 0.3 } } }""");
        foreach (int i in (int[])[0, 1]) WriteReference(Path.Combine(recipes, $"ref{i}.png"), i);
        File.WriteAllText(Path.Combine(_folder, "token"), HttpToken);
        object camera = options.FolderCamera ? new { kind = "folder", folder = "in" } : new { kind = "simulated", seed = 1, width = 320, height = 240 };
        File.WriteAllText(Path.Combine(_folder, "clipfusion.json"), JsonSerializer.Serialize(new
        {
            device = "box",
            dataFolder = DataFolder,
            modelPack = "pack",
            threads = 1,
            stations = options.Stations.Select(name => new { name, camera, triggers = new { mqtt = true, http = options.HttpTriggers, intervalMs = options.IntervalMs }, queueDepth = options.QueueDepth, recipe = "board" }),
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
            http = new { port = options.HttpPort, tokenFile = "token", publicOrigin = options.PublicOrigin },
            storage = new { reserveMb = 1 },
        }));
    }

    /// <summary>What a request has to show that triggers.</summary>
    public const string HttpToken = "a-token-of-the-tests";

    /// <summary>What the program wrote.</summary>
    public ProgramLog Log => _log;

    /// <summary>The data folder.</summary>
    public string DataFolder { get; }

    /// <summary>The folder that a folder camera reads.</summary>
    public string Inbox => Directory.CreateDirectory(Path.Combine(_folder, "in")).FullName;

    /// <summary>Memory of the running program in bytes.</summary>
    public long WorkingSet
    {
        get
        {
            _process!.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>The program's configuration.</summary>
    public string ConfigFile => Path.Combine(_folder, "clipfusion.json");

    /// <summary>Makes loading the first recipe last for minutes: its maps are the largest that a recipe may have, and smoothed as much.</summary>
    public async Task BlockWarmUpAsync(CancellationToken cancellation)
    {
        string file = RecipeFile("board");
        JsonNode recipe = JsonNode.Parse(await File.ReadAllTextAsync(file, cancellation))!;
        (recipe["outputSize"], recipe["smoothingSigma"]) = (4096, 64);
        await File.WriteAllTextAsync(file, recipe.ToJsonString(), cancellation);
    }

    /// <summary>A recipe's file.</summary>
    public string RecipeFile(string name) => Path.Combine(DataFolder, "recipes", $"{name}.json");

    /// <summary>The model pack's folder.</summary>
    public string PackFolder => Path.Combine(_folder, "pack");

    /// <summary>Puts a pipe that nobody writes to in a file's place.</summary>
    public static async Task MakePipeAsync(string path, CancellationToken cancellation)
    {
        File.Delete(path);
        using Process make = Process.Start("mkfifo", [path]);
        await make.WaitForExitAsync(cancellation);
    }

    /// <summary>The address of page and API of its first start.</summary>
    public async Task<Uri> PageAsync(CancellationToken cancellation)
    {
        string line = await _log.SaysAsync(Listening, cancellation);
        return new Uri(line[(line.IndexOf(Listening, StringComparison.Ordinal) + Listening.Length)..]);
    }

    /// <summary>Uses its data folder as another process would.</summary>
    public IDisposable OccupyData() => new FileStream(Path.Combine(DataFolder, "inspections.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);

    /// <summary>Starts it.</summary>
    /// <param name="manager">Who is told as systemd would be, with a watchdog of 400 ms; null for nobody.</param>
    public void Start(NotifySocket? manager = null)
    {
        string[] command = [Path.Combine(AppContext.BaseDirectory, "clipfusion"), "run", "--config", ConfigFile];
        // The shell knows the number of the process that it becomes.
        ProcessStartInfo start = manager is null
            ? DefaultSignals.Start(command[0], command[1..])
            : DefaultSignals.Start("/bin/sh", ["-c", "WATCHDOG_PID=$$ exec \"$0\" \"$@\"", .. command]);
        if (manager is not null) (start.Environment["NOTIFY_SOCKET"], start.Environment["WATCHDOG_USEC"]) = (manager.Path, "400000");
        foreach ((string name, string value) in _options.Environment) start.Environment[name] = value;
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, e) => _log.Add(e.Data);
        _process.ErrorDataReceived += (_, e) => _log.Add(e.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync(CancellationToken cancellation)
    {
        _process!.Kill();
        await _process.WaitForExitAsync(cancellation);
        _process.Dispose();
        _process = null;
    }

    /// <summary>SIGTERM, as systemd stops it.</summary>
    public async Task<int> StopAsync(CancellationToken cancellation)
    {
        await SignalAsync("TERM", cancellation);
        return await EndAsync(cancellation);
    }

    /// <summary>Sends a signal.</summary>
    public async Task SignalAsync(string name, CancellationToken cancellation)
    {
        using Process kill = Process.Start("kill", [$"-{name}", $"{_process!.Id}"]);
        await kill.WaitForExitAsync(cancellation);
    }

    /// <summary>Ends when the program has ended; <see cref="EndAsync"/> then gives its exit code.</summary>
    public Task ExitedAsync(CancellationToken cancellation) => _process!.WaitForExitAsync(cancellation);

    /// <summary>Waits for the program's end.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> EndAsync(CancellationToken cancellation)
    {
        await _process!.WaitForExitAsync(cancellation);
        int code = _process.ExitCode;
        _process.Dispose();
        _process = null;
        return code;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await KillAsync(CancellationToken.None);
        Directory.Delete(_folder, recursive: true);
    }

    private static string Recipe(string name, int number) => JsonSerializer.Serialize(new
    {
        number,
        name,
        @object = name,
        branches = Branches,
        profile = "patchclip",
        thresholds = new { patchclip = new { fewShot = 0.3 } },
        references = References,
    });

    /// <summary>A PNG of noise.</summary>
    public static void WriteReference(string path, int seed)
    {
        var picture = new RgbImage(96, 72);
        new Random(seed).NextBytes(picture.Pixels);
        using FileStream file = File.Create(path);
        ImageCodec.EncodePng(picture.View, file);
    }
}
