using ClipFusion.Models.Weights;

namespace ClipFusion.Tests.Models.Weights;

public sealed class WeightSetTests : IDisposable
{
    private const string Index = "model.safetensors.index.json";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Require_PublishedHalfWeights_ReadsInPieces()
    {
        using WeightSet set = WeightSet.Open(Fixtures.Path("tiny-a", "sd", "unet"), "diffusion_pytorch_model");
        WeightTensor tensor = set.Require("conv_in.weight", 16, 9, 3, 3);
        float[] whole = new float[tensor.Count],
            second = new float[tensor.Count / 2];
        tensor.Read(0, whole);
        tensor.Read(tensor.Count / 2, second);
        Assert.Equal(whole[(whole.Length / 2)..], second);
        Assert.Contains(whole, v => v != 0);
        Assert.True(set.Contains("conv_in.bias"));
        Assert.False(set.Contains("conv_in"));
    }

    [Fact]
    public void Require_AbsentOtherShapeOrOtherType_NamesFileTensorExpectedAndFound()
    {
        SafetensorsWriter.Write(
            _folder["model.safetensors"],
            [SafetensorsEntry.Of("w", new float[6], 2, 3), SafetensorsEntry.Of("ids", [1L], 1)]
        );
        using WeightSet set = WeightSet.Open(_folder.Root, "model");
        AssertFault(() => set.Require("v", 2), "model.safetensors: tensor 'v' is missing, expected shape [2]");
        AssertFault(() => set.Require("w", 3, 2), "model.safetensors: tensor 'w' has shape [2, 3], expected [3, 2]");
        AssertFault(() => set.Require("w"), "has shape [2, 3], expected []");
        AssertFault(() => set.Require("ids", 1), "tensor 'ids' has type I64, expected F32, F16 or BF16");
    }

    [Fact]
    public void Open_Shards_EachTensorComesFromItsOwn()
    {
        SafetensorsWriter.Write(_folder["m-1.safetensors"], [SafetensorsEntry.Of("a", [1f], 1), SafetensorsEntry.Of("both", [10f], 1)]);
        SafetensorsWriter.Write(
            _folder["m-2.safetensors"],
            [SafetensorsEntry.Of("b", [2f], 1), SafetensorsEntry.Of("both", [20f], 1), SafetensorsEntry.Of("unlisted", [9f], 1)]
        );
        File.WriteAllText(
            _folder[Index],
            """{"metadata":{"total_size":12},"weight_map":{"a":"m-1.safetensors","b":"m-2.safetensors","both":"m-2.safetensors"}}"""
        );
        using WeightSet set = WeightSet.Open(_folder.Root, "model");
        Assert.Equal(["a", "b", "both"], set.Names.Order());
        Assert.Equal((1f, 2f, 20f), (Value(set, "a"), Value(set, "b"), Value(set, "both")));
        Assert.Equal([_folder["m-1.safetensors"], _folder["m-2.safetensors"]], set.Files);
    }

    [Theory]
    [InlineData(
        """{"weight_map":{"a":"m-1.safetensors","c":"m-1.safetensors"}}""",
        "m-1.safetensors: tensor 'c' is missing, expected here by model.safetensors.index.json"
    )]
    [InlineData(
        """{"weight_map":{"a":"m-1.safetensors","b":"m-8.safetensors","c":"m-9.safetensors"}}""",
        "shards are missing, expected m-8.safetensors, m-9.safetensors"
    )]
    [InlineData("""{"weight_map":{"a":"../m-1.safetensors"}}""", "expected the name of a .safetensors file in the same folder")]
    [InlineData("""{"weight_map":{"a":"/m-1.safetensors"}}""", "expected the name of a .safetensors file in the same folder")]
    [InlineData("""{"weight_map":{"a":"m-1.bin"}}""", "expected the name of a .safetensors file in the same folder")]
    [InlineData("""{"weight_map":{"a":1}}""", "expected the name of a .safetensors file in the same folder")]
    [InlineData("""{"weight_map":{"a":"m-1.safetensors","a":"m-1.safetensors"}}""", "not valid JSON")]
    [InlineData("""{"weight_map":[]}""", "weight_map is missing")]
    [InlineData("""{"weight_map":""", "not valid JSON")]
    public void Open_IndexAndShardsDisagree_IsAnError(string index, string expected)
    {
        SafetensorsWriter.Write(_folder["m-1.safetensors"], [SafetensorsEntry.Of("a", [1f], 1)]);
        File.WriteAllText(_folder[Index], index);
        AssertFault(() => WeightSet.Open(_folder.Root, "model"), expected);
    }

    [Fact]
    public void Open_OnlyTheHalfVariant_IsTaken()
    {
        SafetensorsWriter.Write(_folder["model.fp16.safetensors"], [SafetensorsEntry.Of("a", [(Half)1f], 1)]);
        using (WeightSet set = WeightSet.Open(_folder.Root, "model"))
            Assert.Equal(1f, Value(set, "a"));
        SafetensorsWriter.Write(_folder["model.safetensors"], [SafetensorsEntry.Of("a", [2f], 1)]);
        using (WeightSet set = WeightSet.Open(_folder.Root, "model"))
            Assert.Equal(2f, Value(set, "a"));
    }

    [Fact]
    public void Open_OnlyAPickle_SaysSafetensorsOnly()
    {
        File.WriteAllBytes(_folder["pytorch_model.bin"], [0x80, 2]);
        AssertFault(
            () => WeightSet.Open(_folder.Root, "model"),
            "pytorch_model.bin was found, but weights are taken as safetensors only, never as a pickle"
        );
    }

    [Fact]
    public void Open_NothingThere_NamesWhatIsExpected() =>
        AssertFault(() => WeightSet.Open(_folder["nowhere"], "model"), "model.safetensors");

    private static float Value(WeightSet set, string name)
    {
        float[] value = new float[1];
        set.Require(name, 1).Read(0, value);
        return value[0];
    }

    private static void AssertFault(Action action, string expected) =>
        Assert.Contains(expected, Assert.Throws<WeightException>(action).Message, StringComparison.Ordinal);
}
