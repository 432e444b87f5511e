using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using ClipFusion.Evaluation.Baselines;
using ClipFusion.Foundation.Files;
using ClipFusion.Models.Pack;

namespace ClipFusion.Cli.Evaluate;

/// <summary>The options of PaDiM.</summary>
internal static class PadimFlags
{
    private const int MaxListBytes = 1 << 20,
        MaxChannels = 65_536;

    private static readonly Option<string> Model = new("--padim-backbone")
    {
        Description =
            $"A row of PaDiM on this ONNX network's layers, whose input is float32 [1, 3, S, S], of ImageNet's mean and deviation; or "
            + $"on those of {ResNet18.Name}, which comes with the program. The pack's backbone when not given.",
        HelpName = $"FILE|{ResNet18.Name}",
    };

    private static readonly Option<string> Layers = new("--padim-layers")
    {
        Description = "Its outputs [1, C, h, w] to take, the first of which gives the grid; all feature maps when not given.",
        HelpName = "NAME,...",
    };

    private static readonly Option<string> Channels = new("--padim-channels")
    {
        Description = "How many channels are drawn, or a JSON list of their numbers.",
        HelpName = "N|FILE",
        DefaultValueFactory = _ => PadimChannels.Default.ToString(),
    };

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Option> All { get; } = [Model, Layers, Channels];

    /// <summary>Opens the network, if one is asked for.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="threads">Threads of the network; 0 = one per core.</param>
    /// <exception cref="UsageException">An option makes no sense, or the network does not fit.</exception>
    public static Backbone? Open(ParseResult parsed, int threads)
    {
        if (parsed.GetValue(Model) is not { } file)
            return parsed.GetValue(Layers) is null
                ? null
                : throw new UsageException($"{Layers.Name}: belongs to {Model.Name}, which is expected too");
        bool isOwn = file == ResNet18.Name;
        if (isOwn && parsed.GetValue(Layers) is not null)
            throw new UsageException($"{Layers.Name}: the layers of {ResNet18.Name} are the three that PaDiM takes; a file is expected");
        var options = new BackboneOptions(file) { Threads = threads };
        if (parsed.GetValue(Layers) is { } layers)
            options = options with { Outputs = EvaluateLists.Texts(Layers.Name, layers) };
        try
        {
            return isOwn ? Backbone.OpenResNet18(threads) : Backbone.Open(options);
        }
        catch (BackboneException e)
        {
            throw new UsageException($"{Model.Name} {e.Message}", e);
        }
    }

    /// <summary>Which channels.</summary>
    /// <exception cref="UsageException">Neither a number nor a file with a list of numbers.</exception>
    public static PadimChannels Read(ParseResult parsed)
    {
        string given = parsed.GetRequiredValue(Channels);
        if (int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out int count))
            return count is >= 1 and <= MaxChannels
                ? new PadimChannels(count)
                : throw new UsageException($"{Channels.Name} {given}: 1 to {MaxChannels} channels are expected");
        try
        {
            int[]? listed = JsonSerializer.Deserialize<int[]>(RegularFile.ReadAllBytes(given, MaxListBytes));
            return listed is { Length: > 0 and <= MaxChannels } && listed.Distinct().Count() == listed.Length && listed.All(c => c >= 0)
                ? new PadimChannels(listed.Length, listed)
                : throw new UsageException($"{Channels.Name} {given}: a list of numbers from 0 on, each once, is expected");
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new UsageException(
                $"{Channels.Name} {given}: a number or a file with a JSON list of numbers is expected: {e.Message}",
                e
            );
        }
    }
}
