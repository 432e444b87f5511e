using ClipFusion.Models.Graph;

namespace ClipFusion.Tests.Models.Graph;

public sealed class ExternalWeightFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Add_OfTheSameKey_WritesOnce()
    {
        using var store = new ExternalWeightFile(_folder["w"]);
        ExternalTensor first = store.Add("a", ElementType.Float32, [2, 3], () => new float[6]);
        Assert.Same(first, store.Add("a", ElementType.Float32, [2, 3], () => throw new InvalidOperationException("read again")));
    }

    [Theory]
    [InlineData(ElementType.Float16, 2, 3)]
    [InlineData(ElementType.Float32, 3, 2)]
    public void Add_OfTheSameKeyOtherwise_Throws(ElementType type, long rows, long columns)
    {
        using var store = new ExternalWeightFile(_folder["w"]);
        store.Add("a", ElementType.Float32, [2, 3], () => new float[6]);
        Assert.Contains(
            "'a'",
            Assert.Throws<GraphException>(() => store.Add("a", type, [rows, columns], () => new float[6])).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Add_OfTooFewValues_Throws()
    {
        using var store = new ExternalWeightFile(_folder["w"]);
        Assert.Contains(
            "5 elements",
            Assert.Throws<GraphException>(() => store.Add("a", ElementType.Float32, [2, 3], () => new float[5])).Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(65536f)]
    [InlineData(-1e9f)]
    public void Add_OfWhatFloat16CannotHold_NamesTheWeight(float value)
    {
        using var store = new ExternalWeightFile(_folder["w"]);
        string message = Assert.Throws<GraphException>(() => store.Add("layer.weight", ElementType.Float16, [2], () => [1, value])).Message;
        Assert.Contains("layer.weight", message, StringComparison.Ordinal);
        Assert.Contains("float32", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(float.NegativeInfinity, ElementType.Float16)]
    [InlineData(float.NaN, ElementType.Float16)]
    [InlineData(float.PositiveInfinity, ElementType.Float32)]
    [InlineData(float.NaN, ElementType.Float32)]
    public void Add_OfWhatIsNoNumber_NamesTheWeight(float value, ElementType type)
    {
        using var store = new ExternalWeightFile(_folder["w"]);
        string message = Assert.Throws<GraphException>(() => store.Add("layer.weight", type, [2], () => [1, value])).Message;
        Assert.Contains("layer.weight", message, StringComparison.Ordinal);
        Assert.Contains("NaN or infinity", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Add_OfTensorsOfAnyLength_AlignsEach()
    {
        long[] lengths = [1, 3, 20_000, 7, 40_000, 16];
        ExternalTensor[] tensors;
        using (var store = new ExternalWeightFile(_folder["w"]))
        {
            tensors =
            [
                .. lengths.Select(
                    (n, i) => store.Add($"t{i}", ElementType.Float32, [n], () => [.. Enumerable.Repeat((float)i + 1, (int)n)])
                ),
            ];
        }

        byte[] file = File.ReadAllBytes(_folder["w"]);
        foreach ((ExternalTensor t, int i) in tensors.Select((t, i) => (t, i)))
        {
            Assert.Equal(0, t.Offset % (t.Length >= 65536 ? 4096 : 64));
            Assert.All(
                Enumerable.Range(0, (int)(t.Length / 4)),
                e => Assert.Equal(i + 1f, BitConverter.ToSingle(file, (int)t.Offset + 4 * e))
            );
        }
    }

    public void Dispose() => _folder.Dispose();
}
