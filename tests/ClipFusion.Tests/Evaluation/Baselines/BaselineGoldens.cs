using System.Runtime.InteropServices;
using System.Text.Json;
using ClipFusion.Imaging;
using ClipFusion.Models.Weights;

namespace ClipFusion.Tests.Evaluation.Baselines;

/// <summary>The golden tensors of the comparison methods, with what their JSON says of them; nothing of it is assumed.</summary>
internal sealed class BaselineGoldens : IDisposable
{
    private readonly SafetensorsFile _tensors = SafetensorsFile.Open(Fixtures.Path("baselines", "baselines.safetensors"));

    public JsonElement Json { get; } = JsonElement.Parse(File.ReadAllBytes(Fixtures.Path("baselines", "baselines.json")));

    public string Object => Json.GetProperty("object").GetString()!;

    public double[] Temperatures => [.. Json.GetProperty("temperature_values").EnumerateArray().Select(t => t.GetDouble())];

    /// <summary>Numbers of the pictures, each with what it is for.</summary>
    public IEnumerable<int> Queries => Numbers("query");

    public IEnumerable<int> References => Numbers("reference");

    public float[] Of(string name) => _tensors.ReadFloats(name);

    public bool Has(string name) => _tensors.Tensors.ContainsKey(name);

    /// <summary>One entry of a tensor along its first axis.</summary>
    public float[] Row(string name, int row)
    {
        float[] all = Of(name);
        int length = all.Length / (int)Shape(name)[0];
        return all[(row * length)..((row + 1) * length)];
    }

    /// <summary>Token ids, row after row.</summary>
    public long[] Ids(string name) => MemoryMarshal.Cast<byte, long>(_tensors.Bytes(name)).ToArray();

    public long[] Shape(string name) => [.. _tensors.Tensors[name].Shape];

    public int[] Integers(string name) => [.. Json.GetProperty(name).EnumerateArray().Select(v => v.GetInt32())];

    public string[] Texts(string name) => [.. Json.GetProperty(name).EnumerateArray().Select(v => v.GetString()!)];

    public string PathOf(int picture) =>
        Path.GetFullPath(Fixtures.Path("baselines", Json.GetProperty("images")[picture].GetProperty("file").GetString()!));

    public RgbImage Picture(int picture) => ImageCodec.Decode(PathOf(picture));

    /// <summary>Asserts that values lie within a distance of the golden ones.</summary>
    /// <param name="name">The golden tensor.</param>
    /// <param name="found">The values.</param>
    /// <param name="tolerance">The distance.</param>
    /// <param name="ofLargest">Whether the distance is a share of the largest golden value.</param>
    public void Same(string name, ReadOnlySpan<float> found, double tolerance, bool ofLargest = false)
    {
        float[] golden = Of(name);
        Assert.Equal(golden.Length, found.Length);
        double worst = 0,
            largest = ofLargest ? golden.Max(Math.Abs) : 1;
        for (int i = 0; i < golden.Length; i++)
            worst = Math.Max(worst, Math.Abs(golden[i] - found[i]));
        Assert.True(worst <= tolerance * largest, $"{name}: {worst / largest:e2} away, {tolerance:e0} is allowed");
    }

    public void Dispose() => _tensors.Dispose();

    private IEnumerable<int> Numbers(string role) =>
        Json.GetProperty("images").EnumerateArray().Index().Where(i => i.Item.GetProperty("role").GetString() == role).Select(i => i.Index);
}
