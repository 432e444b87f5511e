using System.Security.Cryptography;
using ClipFusion.Foundation.Files;
using ClipFusion.Models.Weights;

namespace ClipFusion.Evaluation.Baselines.Learned;

/// <summary>A tensor of learned prompts.</summary>
/// <param name="Values">Row-major, all finite.</param>
/// <param name="Shape">Lengths, each at least 1.</param>
internal sealed record PromptTensor(float[] Values, int[] Shape)
{
    /// <summary>Elements of one entry along axis 0.</summary>
    public int RowLength => Values.Length / Shape[0];

    /// <summary>One entry along axis 0.</summary>
    public ReadOnlySpan<float> Row(int index) => Values.AsSpan(index * RowLength, RowLength);
}

/// <summary>A safetensors file of learned prompts. Safe for several threads.</summary>
internal sealed class PromptTensors : IDisposable
{
    private readonly SafetensorsFile _file;

    private PromptTensors(SafetensorsFile file, string content) => (_file, Content) = (file, content);

    /// <summary>Changes with the file's content.</summary>
    public string Content { get; }

    /// <summary>The file.</summary>
    public string Path => _file.Path;

    /// <summary>Opens a file.</summary>
    /// <exception cref="PromptFileException">It can't be read, or is no safetensors file.</exception>
    public static PromptTensors Open(string path)
    {
        try
        {
            using FileStream stream = RegularFile.OpenStream(path);
            string content = Convert.ToHexStringLower(SHA256.HashData(stream).AsSpan(0, 16));
            return new PromptTensors(SafetensorsFile.Open(path), content);
        }
        catch (Exception e) when (e is WeightException or IOException or UnauthorizedAccessException)
        {
            throw new PromptFileException(e.Message, e);
        }
    }

    /// <summary>Whether there is a tensor of that name.</summary>
    public bool Has(string name) => _file.Tensors.ContainsKey(name);

    /// <summary>An entry of the file's metadata; null where there is none.</summary>
    public string? Text(string key) => _file.Metadata.GetValueOrDefault(key);

    /// <summary>A tensor in float32.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="expected">Its lengths: a number where one is known, letters where any of at least 1 will do.</param>
    /// <exception cref="PromptFileException">It is missing, of another shape, or not finite.</exception>
    public PromptTensor Read(string name, params ReadOnlySpan<object> expected)
    {
        string form = $"[{string.Join(", ", expected!)}]";
        if (!_file.Tensors.TryGetValue(name, out TensorInfo? info))
            throw new PromptFileException($"{Path}: has no tensor '{name}'; {form} is expected");
        bool fits = info.Shape.Count == expected.Length;
        for (int i = 0; fits && i < expected.Length; i++)
            fits = expected[i] is int length ? info.Shape[i] == length : info.Shape[i] >= 1;
        if (!fits)
            throw new PromptFileException($"{Path}: tensor '{name}' is [{string.Join(", ", info.Shape)}]; {form} is expected");
        float[] values;
        try
        {
            values = _file.ReadFloats(name);
        }
        catch (WeightException e)
        {
            throw new PromptFileException(e.Message, e);
        }

        return Array.TrueForAll(values, float.IsFinite)
            ? new PromptTensor(values, [.. info.Shape.Select(s => (int)s)])
            : throw new PromptFileException($"{Path}: tensor '{name}' has values that are not finite; numbers are expected");
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();
}
