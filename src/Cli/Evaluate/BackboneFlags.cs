using System.CommandLine;
using System.Globalization;
using ClipFusion.Evaluation.Baselines;

namespace ClipFusion.Cli.Evaluate;

/// <summary>The options of PatchCore on a network of one's own.</summary>
internal static class BackboneFlags
{
    private static readonly Option<string> Model = new("--patchcore-backbone")
    {
        Description = "A row of PatchCore on this ONNX network's feature maps too; its input is float32 [1, 3, S, S].",
        HelpName = "FILE",
    };

    private static readonly Option<string> Name = new("--patchcore-name")
    {
        Description = "That row's name after 'patchcore-'; the file's name when not given.",
        HelpName = "NAME",
    };

    private static readonly Option<string> Outputs = new("--patchcore-outputs")
    {
        Description = "Its outputs [1, C, h, w] to take, the first of which gives the grid; all feature maps when not given.",
        HelpName = "NAME,...",
    };

    private static readonly Option<string> Resize = new("--patchcore-resize")
    {
        Description = "Shorter side of pictures in pixels, of which the centre S x S is shown; 256 for S = 224 when not given.",
        HelpName = "PIXELS",
    };

    private static readonly Option<string> Mean = new("--patchcore-mean")
    {
        Description = "Taken from red, green and blue (0 to 1); ImageNet's 0.485,0.456,0.406 when not given.",
        HelpName = "R,G,B",
    };

    private static readonly Option<string> Deviation = new("--patchcore-std")
    {
        Description = "What they are divided by then; ImageNet's 0.229,0.224,0.225 when not given.",
        HelpName = "R,G,B",
    };

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Option> All { get; } = [Model, Name, Outputs, Resize, Mean, Deviation];

    /// <summary>Opens the network, if one is asked for.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="threads">Threads of the network; 0 = one per core.</param>
    /// <exception cref="UsageException">An option makes no sense, or the network does not fit.</exception>
    public static Backbone? Open(ParseResult parsed, int threads)
    {
        if (parsed.GetValue(Model) is not { } file)
        {
            if (All.FirstOrDefault(o => parsed.GetResult(o) is { Implicit: false }) is { } alone)
                throw new UsageException($"{alone.Name}: belongs to {Model.Name}, which is expected too");
            return null;
        }

        var options = new BackboneOptions(file) { Name = parsed.GetValue(Name), Threads = threads };
        if (parsed.GetValue(Outputs) is { } outputs)
            options = options with { Outputs = EvaluateLists.Texts(Outputs.Name, outputs) };
        if (parsed.GetValue(Resize) is { } resize)
            options = options with { Resize = Pixels(resize) };
        if (parsed.GetValue(Mean) is { } mean)
            options = options with { Mean = Channels(Mean.Name, mean, 0) };
        if (parsed.GetValue(Deviation) is { } deviation)
            options = options with { Deviation = Channels(Deviation.Name, deviation, float.Epsilon) };
        try
        {
            return Backbone.Open(options);
        }
        catch (BackboneException e)
        {
            throw new UsageException($"{Model.Name} {e.Message}", e);
        }
    }

    private static int Pixels(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int size) && size is >= 1 and <= 2 * Backbone.MaxInputSize
            ? size
            : throw new UsageException($"{Resize.Name} {text}: 1 to {2 * Backbone.MaxInputSize} pixels are expected");

    private static float[] Channels(string option, string text, float least)
    {
        string[] parts = text.Split(',', StringSplitOptions.TrimEntries);
        float[] values =
        [
            .. parts.Select(p =>
                float.TryParse(p, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out float value)
                && value >= least
                && value <= 255
                    ? value
                    : float.NaN
            ),
        ];
        return values.Length == 3 && !values.Any(float.IsNaN)
            ? values
            : throw new UsageException(
                $"{option} {text}: three numbers {(least > 0 ? "above 0" : "from 0")} to 255 are expected, for red, green and blue"
            );
    }
}
