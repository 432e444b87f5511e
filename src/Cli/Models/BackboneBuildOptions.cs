using System.CommandLine;
using System.Globalization;
using ClipFusion.Models.Checkpoints;
using ClipFusion.Models.ForeignGraphs;
using ClipFusion.Models.Pack;

namespace ClipFusion.Cli.Models;

/// <summary>The options of <c>models build</c> that say which backbone a pack gets, and how.</summary>
internal static class BackboneBuildOptions
{
    private static readonly string[] Pickles = [".pth", ".pt", ".bin", ".ckpt"];

    private static readonly Option<string> Source = new("--backbone")
    {
        Description =
            "A backbone beside the other networks, or alone: a DINOv2 folder, an ONNX file, or resnet18, which comes with the program.",
        HelpName = "DIR|FILE.onnx|resnet18",
    };

    private static readonly Option<int?> Size = new("--backbone-size")
    {
        Description = "Side in pixels to which pictures are squeezed for the backbone: 448 for DINOv2 and 320 for resnet18 when not given.",
        HelpName = "S",
    };

    private static readonly Option<double?> Weight = new("--backbone-weight")
    {
        Description = "The backbone's weight in map and score where a recipe does not say otherwise; 0 when not given.",
        HelpName = "W",
    };

    private static readonly Option<string> Blocks = new("--backbone-blocks")
    {
        Description =
            "DINOv2: blocks that are compared, from 1; those at a quarter, a half, three quarters and 0.92 of the depth when not given.",
        HelpName = "A,B",
    };

    private static readonly Option<string> Features = new Option<string>("--backbone-features")
    {
        Description = "DINOv2: tokens after the final normalisation (the default), or as they leave their block.",
    }.AcceptOnlyFromAmong("normed", "raw");

    private static readonly Option<int?> Heads = new("--backbone-heads")
    {
        Description = "DINOv2: attention heads of weights without a config.json, where heads have not 64 channels.",
        HelpName = "N",
    };

    private static readonly Option<double?> PositionOffset = new("--backbone-position-offset")
    {
        Description =
            "DINOv2: offset of the position embeddings' scale; as the model was published when not given (0.1, with registers 0).",
        HelpName = "X",
    };

    private static readonly Option<string> Outputs = new("--backbone-outputs")
    {
        Description = "ONNX: values that are compared, by name; the file's outputs when not given.",
        HelpName = "NAME,...",
    };

    private static readonly Option<string> Mean = new("--backbone-mean")
    {
        Description = "ONNX: mean of pixels of 0 to 1, in the order in which the network takes the channels; ImageNet's when not given.",
        HelpName = "A,B,C",
    };

    private static readonly Option<string> Std = new("--backbone-std")
    {
        Description = "ONNX: deviation of pixels of 0 to 1, likewise.",
        HelpName = "A,B,C",
    };

    private static readonly Option<string> Channels = new Option<string>("--backbone-channels")
    {
        Description = "ONNX: order of the channels; rgb when not given.",
    }.AcceptOnlyFromAmong("rgb", "bgr");

    private static readonly Option<string> LocalMean = new Option<string>("--backbone-local-mean")
    {
        Description = "ONNX: side of the square of neighbours over which features are averaged; 1 when not given, 3 for resnet18.",
    }.AcceptOnlyFromAmong("1", "3");

    private static readonly Option[] OfDino = [Blocks, Features, Heads, PositionOffset];
    private static readonly Option[] OfResNet = [Outputs, LocalMean];
    private static readonly Option[] OfOnnx = [.. OfResNet, Mean, Std, Channels];

    /// <summary>All of them, the backbone itself first.</summary>
    public static IReadOnlyList<Option> All { get; } = [Source, Size, Weight, .. OfDino, .. OfOnnx];

    /// <summary>What <c>--backbone</c> says; null where it is not given.</summary>
    public static string? SourceOf(ParseResult parsed) => parsed.GetValue(Source);

    /// <summary>What <c>--backbone-weight</c> says; null where it is not given.</summary>
    public static double? WeightOf(ParseResult parsed) => parsed.GetValue(Weight);

    /// <summary>How to open the backbone; null where there is none.</summary>
    /// <exception cref="UsageException">An option does not go with this kind of backbone, or is malformed.</exception>
    public static Func<PackBackbone>? Read(ParseResult parsed)
    {
        if (SourceOf(parsed) is not { } source)
        {
            RequireNone(parsed, [Size, Weight, .. OfDino, .. OfOnnx], "--backbone is expected too");
            return null;
        }

        int? size = parsed.GetValue(Size);
        string[]? outputs = parsed.GetValue(Outputs)?.Split(',');
        int? localMean = parsed.GetValue(LocalMean) is { } side ? int.Parse(side) : null;
        if (source == ResNet18.Name)
        {
            RequireNone(parsed, OfDino.Concat(OfOnnx).Except(OfResNet), "not for resnet18, whose settings are known");
            return () => ResNet18.Open(size, outputs, localMean ?? 3);
        }

        if (Directory.Exists(source))
        {
            RequireNone(parsed, OfOnnx, "not for a DINOv2 folder");
            var dino = new DinoOptions(
                size,
                BlockNumbers.Parse(Blocks.Name, parsed.GetValue(Blocks)),
                parsed.GetValue(Features) == "raw",
                parsed.GetValue(PositionOffset)
            );
            int? heads = parsed.GetValue(Heads);
            return () => DinoBackbone.Create(DinoFolder.Open(source, heads), dino);
        }

        if (Pickles.Contains(Path.GetExtension(source)))
            throw new UsageException(
                $"--backbone {source}: weights are taken as safetensors only, never as a pickle; a folder with them, an ONNX file or "
                    + "resnet18 is expected (docs/models.md has a converter)"
            );
        if (!File.Exists(source))
            throw new UsageException($"--backbone {source}: there is none; a DINOv2 folder, an ONNX file or resnet18 is expected");
        RequireNone(parsed, OfDino, "not for an ONNX file");
        var input = new BackboneInput(
            Triple(Mean, parsed.GetValue(Mean)) ?? BackboneInput.ImageNet.Mean,
            Triple(Std, parsed.GetValue(Std)) ?? BackboneInput.ImageNet.Std,
            parsed.GetValue(Channels) == "bgr"
        );
        return () => OnnxBackbone.Open(source, new OnnxOptions(size, outputs, input, localMean ?? 1));
    }

    private static void RequireNone(ParseResult parsed, IEnumerable<Option> options, string why)
    {
        if (options.FirstOrDefault(o => parsed.GetResult(o) is { Implicit: false }) is { } other)
            throw new UsageException($"{other.Name}: {why}");
    }

    private static double[]? Triple(Option<string> option, string? text)
    {
        if (text is null)
            return null;
        double[] values =
        [
            .. text.Split(',')
                .Select(p => double.TryParse(p, NumberStyles.Float, CultureInfo.InvariantCulture, out double v) ? v : double.NaN),
        ];
        return values.Length == 3 && values.All(double.IsFinite)
            ? values
            : throw new UsageException(
                $"{option.Name} {text}: three numbers with commas between them are expected, for example 0.5,0.5,0.5"
            );
    }
}
