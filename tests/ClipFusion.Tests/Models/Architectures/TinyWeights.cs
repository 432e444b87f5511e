using System.Text.Json;
using ClipFusion.Models.Weights;

namespace ClipFusion.Tests.Models.Architectures;

/// <summary>Seeded random tensors under published names, for networks of a few kilobytes.</summary>
internal sealed class TinyWeights(int seed)
{
    private readonly Random _random = new(seed);
    private readonly List<SafetensorsEntry> _entries = [];

    /// <summary>Changes a tensor's values as it is made: (name, values).</summary>
    public Action<string, float[]>? Edit { get; init; }

    /// <summary>Whether a tensor is left out.</summary>
    public Func<string, bool>? Skip { get; init; }

    public void Matrix(string name, double gain, params long[] shape)
    {
        double scale = gain / Math.Sqrt(shape.Skip(1).Aggregate(1L, (a, b) => a * b));
        Add(name, () => (float)(Normal() * scale), shape);
    }

    public void Vector(string name, int length, double centre = 0) => Add(name, () => (float)(centre + 0.15 * Normal()), length);

    public void Scalar(string name, float value) => Add(name, () => value);

    public void Norm(string name, int channels)
    {
        Vector($"{name}.weight", channels, 1);
        Vector($"{name}.bias", channels);
    }

    public void Linear(string name, int outputs, int inputs, bool bias = true, double gain = 1)
    {
        Matrix($"{name}.weight", gain, outputs, inputs);
        if (bias)
            Vector($"{name}.bias", outputs);
    }

    public void Conv(string name, int outputs, int inputs, int kernel = 3)
    {
        Matrix($"{name}.weight", 1, outputs, inputs, kernel, kernel);
        Vector($"{name}.bias", outputs);
    }

    public void Write(string folder, string baseName, object config, string configName = "config.json")
    {
        Directory.CreateDirectory(folder);
        SafetensorsWriter.Write(Path.Combine(folder, $"{baseName}.safetensors"), _entries);
        File.WriteAllText(Path.Combine(folder, configName), JsonSerializer.Serialize(config));
    }

    private double Normal() => Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());

    private void Add(string name, Func<float> next, params long[] shape)
    {
        var values = new float[shape.Aggregate(1L, (a, b) => a * b)];
        for (int i = 0; i < values.Length; i++)
            values[i] = next();
        Edit?.Invoke(name, values);
        if (Skip?.Invoke(name) == true)
            return;
        _entries.Add(SafetensorsEntry.Of(name, values, shape));
    }
}
