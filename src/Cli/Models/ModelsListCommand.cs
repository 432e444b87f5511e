using System.CommandLine;
using System.Text.Json;
using ClipFusion.Models.Pack;

namespace ClipFusion.Cli.Models;

/// <summary><c>clipfusion models list</c>: which packs there are. Only manifests are read; <c>models verify</c> reads the rest.</summary>
internal static class ModelsListCommand
{
    private static readonly Option<string[]> In = new("--in")
    {
        Description =
            "Folder with packs, or a pack; may be given more than once. When not given: models below the data folder and beside the "
            + "program, and the starter pack beside the program.",
        HelpName = "DIR",
    };

    private static readonly Option<string> Data = new("--data")
    {
        Description = "The data folder.",
        HelpName = "DIR",
        DefaultValueFactory = _ => "data",
    };

    private static readonly Option<bool> Json = new("--json") { Description = "Write one JSON object per pack to standard output." };

    private const string StarterFolder = "starter-pack";

    public static Command Create(Terminal terminal)
    {
        var command = new Command("list", "List model packs, with those that can't be read.") { In, Data, Json };
        command.SetAction(parsed => Run(parsed, terminal));
        return command;
    }

    private static int Run(ParseResult parsed, Terminal terminal)
    {
        string[] asked = parsed.GetValue(In) ?? [];
        if (asked.FirstOrDefault(f => !Directory.Exists(f)) is { } missing)
            throw new UsageException($"--in {missing}: there is no such folder");
        string[] folders =
            asked.Length > 0
                ? asked
                :
                [
                    Path.Combine(parsed.GetRequiredValue(Data), "models"),
                    Path.Combine(AppContext.BaseDirectory, "models"),
                    .. StarterFolders,
                ];
        Entry[] packs = [.. folders.Where(Directory.Exists).SelectMany(PackFolders).DistinctBy(Path.GetFullPath).Select(Read)];
        if (parsed.GetValue(Json))
        {
            var lines = new JsonLines(terminal.Out);
            foreach (Entry pack in packs)
                WriteJson(lines, pack);
        }
        else
        {
            int width = packs.Select(p => p.Name.Length).DefaultIfEmpty().Max();
            foreach (Entry pack in packs)
                WriteText(terminal.Out, pack, width);
        }

        if (packs.Length == 0)
            terminal.WriteNote($"no packs in {string.Join(", ", folders)}");
        return ExitCode.Clean;
    }

    /// <summary>Where the starter pack is: in an installed program's folder, and beside it where it was built.</summary>
    private static string[] StarterFolders =>
        [
            Path.Combine(AppContext.BaseDirectory, StarterFolder),
            Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", StarterFolder)),
        ];

    private static IEnumerable<string> PackFolders(string folder) =>
        new[] { folder }
            .Concat(Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal))
            .Where(f => File.Exists(Path.Combine(f, PackManifest.FileName)));

    private static Entry Read(string folder)
    {
        try
        {
            return new Entry(folder, PackVerifier.ReadManifest(folder), null);
        }
        catch (Exception e) when (e is PackException or IOException or UnauthorizedAccessException)
        {
            return new Entry(folder, null, e.Message);
        }
    }

    private static void WriteText(TextWriter output, Entry entry, int width)
    {
        string name = entry.Name.PadRight(width);
        if (entry.Pack is not { } pack)
        {
            output.WriteLine($"{name}  unreadable: {entry.Error}");
            return;
        }

        output.WriteLine(
            $"{name}  {Text(pack.Precision)}  {ByteText.Format(PackSize.Of(pack)), 10}  {string.Join("  ", Parts(pack))}  "
                + $"{WeightsOf(pack)}  {entry.Folder}"
        );
        if (pack.Notice is { } notice)
            output.WriteLine($"{new string(' ', width)}  notice: {notice}");
    }

    private static void WriteJson(JsonLines lines, Entry entry)
    {
        if (entry.Pack is not { } pack)
        {
            lines.Write(new { folder = entry.Folder, error = entry.Error });
            return;
        }

        lines.Write(
            new
            {
                folder = entry.Folder,
                pack.Name,
                precision = Text(pack.Precision),
                bytes = PackSize.Of(pack),
                clip = pack.Clip is { } clip
                    ? new
                    {
                        clip.ImageSize,
                        clip.Layers,
                        clip.Width,
                        clip.VvStart,
                        clip.Blocks,
                    }
                    : null,
                diffusion = pack.Diffusion is { } diffusion ? new { diffusion.ImageSize, diffusion.LatentSize } : null,
                backbone = pack.Backbone is { } backbone
                    ? new
                    {
                        backbone.Kind,
                        backbone.ImageSize,
                        layers = backbone.Layers.Select(l => l.Name),
                    }
                    : null,
                weights = JsonNamingPolicy.CamelCase.ConvertName(pack.KnownWeights.ToString()),
                pack.Notice,
            }
        );
    }

    private static IEnumerable<string> Parts(PackManifest pack)
    {
        if (pack.Clip is { } clip)
            yield return $"clip {clip.ImageSize} px, blocks {string.Join(",", clip.Blocks)} of {clip.Layers}";
        if (pack.Diffusion is { } diffusion)
            yield return $"diffusion {diffusion.ImageSize} px";
        if (pack.Backbone is { } backbone)
            yield return $"backbone {backbone.Kind} {backbone.ImageSize} px, layers "
                + string.Join(",", backbone.Layers.Select(l => l.Name));
    }

    private static string WeightsOf(PackManifest pack) =>
        pack.KnownWeights switch
        {
            PackWeights.Random => "weights: random",
            PackWeights.DrawnParts => "weights: trained on drawn parts",
            PackWeights.Published => "weights: published",
            _ => "weights: unknown",
        };

    private static string Text(Precision precision) => JsonNamingPolicy.CamelCase.ConvertName(precision.ToString());

    /// <summary>A folder with a manifest; the manifest or why it can't be read.</summary>
    private sealed record Entry(string Folder, PackManifest? Pack, string? Error)
    {
        public string Name => Pack?.Name ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(Folder)));
    }
}
