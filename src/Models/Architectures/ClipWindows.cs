using ClipFusion.Models.Checkpoints;
using ClipFusion.Models.Graph;

namespace ClipFusion.Models.Architectures;

/// <summary>
/// WinCLIP's use of CLIP's image tower: beside the whole image, every window of patches goes through the transformer by itself, cut out
/// after the positions were added, with the class token in front. Windows of one scale are one batch.
/// </summary>
/// <param name="config">Sizes of the tower.</param>
public sealed class ClipWindows(OpenClipConfig config)
{
    /// <summary>Sides of the windows in patches.</summary>
    public static IReadOnlyList<int> Scales { get; } = [2, 3];

    /// <summary>What one image gives, all raw (before L2 normalisation).</summary>
    /// <param name="Class">Embedding of the whole image [1, E].</param>
    /// <param name="Patches">Patch tokens of the whole image after ln_post, not projected [P, W].</param>
    /// <param name="Windows">Per scale the windows' embeddings [V, E], row by row.</param>
    public sealed record Outputs(Value Class, Value Patches, IReadOnlyList<(int Scale, Value Embeddings)> Windows);

    /// <summary>The patches of every window, from 0, row by row with stride 1.</summary>
    /// <param name="grid">Patches along a side of the image.</param>
    /// <param name="scale">Patches along a side of the window, at most <paramref name="grid"/>.</param>
    public static int[][] Patches(int grid, int scale)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(scale, grid);
        int across = grid - scale + 1;
        return
        [
            .. Enumerable
                .Range(0, across * across)
                .Select(w =>
                    Enumerable
                        .Range(0, scale * scale)
                        .Select(p => (((w / across) + (p / scale)) * grid) + (w % across) + (p % scale))
                        .ToArray()
                ),
        ];
    }

    /// <summary>Writes the tower.</summary>
    /// <param name="context">Weights as OpenCLIP names them.</param>
    /// <param name="pixels">uint8 [1, S, S, 3].</param>
    public Outputs Build(NetworkContext context, Value pixels)
    {
        GraphBuilder g = context.Graph;
        int grid = config.Vision.ImageSize / config.Vision.PatchSize,
            width = config.Vision.Width;
        var tower = new ClipVision(config, config.Vision.Layers);
        Value tokens = tower.Tokens(context, pixels),
            image = tower.Transform(context, tokens),
            rows = g.Reshape(tokens, (grid * grid) + 1, width);

        Value Embed(Value x) => new Module(context, "visual").Project(g.Reshape(g.Slice(x, 1, 0, 1), x[0], width), "proj", config.EmbedDim);
        Value Window(int scale)
        {
            int[][] windows = Patches(grid, scale);
            long[] picked = [.. windows.SelectMany(w => w.Select(p => p + 1L).Prepend(0L))];
            return Embed(tower.Transform(context, g.Reshape(g.Rows(rows, g.Int64s(picked)), windows.Length, (scale * scale) + 1, width)));
        }

        return new Outputs(
            Embed(image),
            g.Reshape(g.Slice(image, 1, 1, (grid * grid) + 1), grid * grid, width),
            [.. Scales.Where(s => s <= grid).Select(s => (s, Window(s)))]
        );
    }
}
