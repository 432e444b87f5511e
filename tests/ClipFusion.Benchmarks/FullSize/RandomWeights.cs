using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using ClipFusion.Models.Weights;

namespace ClipFusion.Benchmarks.FullSize;

/// <summary>
/// Weights that nobody trained: every tensor that a network asks for is recorded and filled from a seed and its own name, at a scale that
/// keeps activations of order one. The same seed gives the same bytes on every machine.
/// </summary>
/// <param name="seed">Any number.</param>
internal sealed class RandomWeights(ulong seed) : IWeights
{
    private const double LogitScale = 2.6592600369327783; // ln(1 / 0.07)
    private const int ChunkElements = 1 << 16;

    private readonly Dictionary<string, RandomTensor> _tensors = new(StringComparer.Ordinal);

    public bool Contains(string name) => true;

    public WeightTensor Require(string name, params ReadOnlySpan<long> shape)
    {
        if (!_tensors.TryGetValue(name, out RandomTensor? tensor))
            _tensors.Add(name, tensor = new RandomTensor(name, shape.ToArray(), seed));
        if (!tensor.Shape.SequenceEqual(shape.ToArray()))
            throw new WeightException($"random weights: '{name}' is asked for in two shapes");
        return tensor;
    }

    /// <summary>Everything that was asked for, as a safetensors file.</summary>
    public void Save(string path, TensorType type) =>
        SafetensorsWriter.Write(path, [.. _tensors.Values.OrderBy(t => t.Name, StringComparer.Ordinal).Select(t => Entry(t, type))]);

    private static SafetensorsEntry Entry(RandomTensor tensor, TensorType type) =>
        new(
            tensor.Name,
            type,
            tensor.Shape,
            stream =>
            {
                var chunk = new float[Math.Min(tensor.Count, ChunkElements)];
                var halves = new Half[type == TensorType.Float16 ? chunk.Length : 0];
                for (long start = 0; start < tensor.Count; start += chunk.Length)
                {
                    Span<float> part = chunk.AsSpan(0, (int)Math.Min(chunk.Length, tensor.Count - start));
                    tensor.Read(start, part);
                    for (int i = 0; i < part.Length && halves.Length > 0; i++)
                        halves[i] = (Half)part[i];
                    stream.Write(
                        type == TensorType.Float16 ? MemoryMarshal.AsBytes(halves.AsSpan(0, part.Length)) : MemoryMarshal.AsBytes(part)
                    );
                }
            }
        );

    private sealed class RandomTensor : WeightTensor
    {
        private readonly ulong _key;
        private readonly float _centre;
        private readonly float _spread;

        public RandomTensor(string name, long[] shape, ulong seed)
        {
            (Name, Shape) = (name, shape);
            _key = BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{seed}/{name}")));
            (_centre, double deviation) = Distribution(name, shape);
            _spread = (float)(deviation * Math.Sqrt(3));
        }

        public override string Name { get; }

        public override IReadOnlyList<long> Shape { get; }

        /// <summary>Uniform numbers of the wanted deviation, each from its own index, so that any part can be read alone.</summary>
        public override void Read(long start, Span<float> destination)
        {
            for (int i = 0; i < destination.Length; i++)
            {
                ulong x = _key + ((ulong)(start + i) * 0x9E3779B97F4A7C15);
                x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
                x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
                x ^= x >> 31;
                destination[i] = _centre + (_spread * (((x >> 40) * (2f / (1 << 24))) - 1));
            }
        }

        private static (float Centre, double Deviation) Distribution(string name, long[] shape)
        {
            if (shape.Length == 0)
                return ((float)LogitScale, 0);
            if (shape.Length == 1)
                return (name.EndsWith("weight", StringComparison.Ordinal) ? 1 : 0, 0.02);
            long fanIn = shape.Skip(1).Aggregate(1L, (a, b) => a * b);
            return (
                0,
                name.Contains("positional", StringComparison.Ordinal) || name.Contains("position_embedding", StringComparison.Ordinal)
                    ? 0.02
                    : 1 / Math.Sqrt(fanIn)
            );
        }
    }
}
