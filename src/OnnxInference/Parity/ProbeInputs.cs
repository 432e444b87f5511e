using Microsoft.ML.OnnxRuntime;

namespace ClipFusion.OnnxInference.Parity;

/// <summary>What one graph of a pack is shown to make goldens and to be compared with them.</summary>
public sealed class ProbeInputs : IDisposable
{
    private readonly Dictionary<string, OrtValue> _values;

    /// <summary>Takes tensors.</summary>
    /// <param name="values">Every input by name; owned from now on.</param>
    public ProbeInputs(IEnumerable<KeyValuePair<string, OrtValue>> values) => _values = new(values, StringComparer.Ordinal);

    /// <summary>Every input by name.</summary>
    public IReadOnlyDictionary<string, OrtValue> Values => _values;

    /// <summary>The probe picture, uint8 [1, side, side, 3].</summary>
    /// <param name="input">The input's name.</param>
    /// <param name="side">Pixels along one side.</param>
    /// <param name="other">Another picture, which no network can take for the first.</param>
    public static ProbeInputs Picture(string input, int side, bool other)
    {
        byte[] pixels = other ? ProbePicture.OtherRgb(side) : ProbePicture.Rgb(side);
        return new([KeyValuePair.Create(input, OrtValue.CreateTensorValueFromMemory(pixels, [1, side, side, 3]))]);
    }

    /// <summary>Token ids, int64 [prompts, context length].</summary>
    /// <param name="input">The input's name.</param>
    /// <param name="ids">Per prompt the padded ids, all of one length; at least one prompt.</param>
    public static ProbeInputs Tokens(string input, long[][] ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        long[] all = [.. ids.SelectMany(i => i)];
        return new([KeyValuePair.Create(input, OrtValue.CreateTensorValueFromMemory(all, [ids.Length, ids[0].Length]))]);
    }

    /// <summary>Takes one more tensor.</summary>
    /// <param name="input">The input's name.</param>
    /// <param name="value">Owned from now on.</param>
    public ProbeInputs With(string input, OrtValue value)
    {
        _values.Add(input, value);
        return this;
    }

    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        foreach (OrtValue value in _values.Values)
            value.Dispose();
    }
}
