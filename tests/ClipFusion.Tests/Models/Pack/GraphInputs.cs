using ClipFusion.Models.Pack;
using Microsoft.ML.OnnxRuntime;

namespace ClipFusion.Tests.Models.Pack;

/// <summary>Seeded random inputs of the tiny packs' graphs, disposed together.</summary>
internal sealed class GraphInputs(int seed) : IDisposable
{
    public const int ContextLength = 77,
        ContextWidth = 24,
        Latent = 16;

    private readonly Random _random = new(seed);
    private readonly Dictionary<string, OrtValue> _values = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, OrtValue> Values => _values;

    public GraphInputs Add<T>(string name, T[] values, params long[] shape)
        where T : unmanaged
    {
        _values.Add(name, OrtValue.CreateTensorValueFromMemory(values, shape));
        return this;
    }

    public GraphInputs Pixels(int rows, int side)
    {
        var pixels = new byte[rows * side * side * 3];
        _random.NextBytes(pixels);
        return Add(GraphNames.Pixels, pixels, rows, side, side, 3);
    }

    public GraphInputs Tokens(int rows) =>
        Add(
            GraphNames.Tokens,
            [.. Enumerable.Range(0, rows * ContextLength).Select(i => i % ContextLength == 20 ? 792L : _random.Next(1, 790))],
            rows,
            ContextLength
        );

    public float[] Normal(int count, double scale) =>
        [
            .. Enumerable
                .Range(0, count)
                .Select(_ => (float)(scale * (_random.NextDouble() + _random.NextDouble() + _random.NextDouble() - 1.5))),
        ];

    public void Dispose()
    {
        foreach (OrtValue value in _values.Values)
            value.Dispose();
    }
}
