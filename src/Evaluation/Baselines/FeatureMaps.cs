using System.Numerics.Tensors;
using ClipFusion.Inspection.Maps;
using ClipFusion.OnnxInference.Sessions;

namespace ClipFusion.Evaluation.Baselines;

/// <summary>One layer of a convolutional network.</summary>
/// <param name="Values">[channels, height, width].</param>
/// <param name="Channels">Channels.</param>
/// <param name="Height">Rows of the grid.</param>
/// <param name="Width">Columns of the grid.</param>
internal sealed record FeatureMap(float[] Values, int Channels, int Height, int Width)
{
    /// <summary>An output [1, C, h, w], copied.</summary>
    public static FeatureMap Of(NetworkOutputs outputs, string name) =>
        outputs.Shape(name) is [1, var channels, var height, var width]
            ? new FeatureMap(outputs.Floats(name).ToArray(), (int)channels, (int)height, (int)width)
            : throw new ArgumentException(
                $"output '{name}' is [{string.Join(", ", outputs.Shape(name))}]; [1, C, h, w] is expected",
                nameof(name)
            );

    /// <summary>Features that come cell by cell.</summary>
    /// <param name="rows">[grid grid, channels].</param>
    /// <param name="channels">Channels.</param>
    /// <param name="grid">Cells along a side.</param>
    public static FeatureMap OfRows(ReadOnlySpan<float> rows, int channels, int grid)
    {
        float[] values = new float[rows.Length];
        for (int cell = 0; cell < grid * grid; cell++)
        for (int c = 0; c < channels; c++)
            values[(c * grid * grid) + cell] = rows[(cell * channels) + c];
        return new FeatureMap(values, channels, grid, grid);
    }
}

/// <summary>Features of layers with different grids.</summary>
internal static class FeatureMaps
{
    /// <summary>Section 3.1: each layer is averaged over 3 x 3 positions (beyond the edge there are zeros), brought to one grid bilinearly,
    /// then the layers stand side by side.</summary>
    /// <param name="layers">The layers.</param>
    /// <param name="height">Rows of the grid wanted.</param>
    /// <param name="width">Columns of the grid wanted.</param>
    /// <returns>height x width rows of all channels together.</returns>
    public static float[] LocallyAware(IReadOnlyList<FeatureMap> layers, int height, int width)
    {
        int all = layers.Sum(l => l.Channels),
            channel = 0;
        float[] rows = new float[height * width * all],
            resized = new float[height * width];
        foreach (FeatureMap layer in layers)
        {
            int plane = layer.Height * layer.Width;
            float[] averaged = new float[plane];
            for (int c = 0; c < layer.Channels; c++, channel++)
            {
                Average(layer.Values.AsSpan(c * plane, plane), layer.Height, layer.Width, averaged);
                BilinearResize.Resize(averaged, layer.Height, layer.Width, resized, height, width);
                for (int i = 0; i < resized.Length; i++)
                    rows[(i * all) + channel] = resized[i];
            }
        }

        return rows;
    }

    /// <summary>PaDiM's features: each layer is brought to the first one's grid by repeating cells, and chosen channels of all stand side
    /// by side.</summary>
    /// <param name="layers">The layers.</param>
    /// <param name="channels">Numbers of channels, counted through all layers; in this order.</param>
    /// <returns>height x width rows of the chosen channels.</returns>
    public static float[] Nearest(IReadOnlyList<FeatureMap> layers, IReadOnlyList<int> channels)
    {
        (int height, int width) = (layers[0].Height, layers[0].Width);
        float[] rows = new float[height * width * channels.Count];
        for (int c = 0; c < channels.Count; c++)
        {
            (FeatureMap layer, int channel) = Find(channels[c]);
            ReadOnlySpan<float> plane = layer.Values.AsSpan(channel * layer.Height * layer.Width, layer.Height * layer.Width);
            for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
                rows[(((y * width) + x) * channels.Count) + c] = plane[
                    (y * layer.Height / height * layer.Width) + (x * layer.Width / width)
                ];
        }

        return rows;

        (FeatureMap Layer, int Channel) Find(int channel)
        {
            int layer = 0;
            for (; channel >= layers[layer].Channels; layer++)
                channel -= layers[layer].Channels;
            return (layers[layer], channel);
        }
    }

    private static void Average(ReadOnlySpan<float> plane, int height, int width, Span<float> averaged)
    {
        averaged.Clear();
        for (int y = 0; y < height; y++)
        {
            Span<float> target = averaged.Slice(y * width, width);
            for (int v = Math.Max(0, y - 1); v <= Math.Min(height - 1, y + 1); v++)
            {
                ReadOnlySpan<float> row = plane.Slice(v * width, width);
                TensorPrimitives.Add(target, row, target);
                TensorPrimitives.Add(target[1..], row[..^1], target[1..]);
                TensorPrimitives.Add(target[..^1], row[1..], target[..^1]);
            }
        }

        TensorPrimitives.Divide(averaged, 9, averaged);
    }
}
