using System.Buffers.Binary;
using System.Diagnostics;
using ClipFusion.Models.Weights;

namespace ClipFusion.Tests.Models.Weights;

public sealed class SafetensorsFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ReadFloats_EveryHalfAndBFloat16_WidensExactly()
    {
        // 65,536 values and an odd count of bytes before the data, so that vectors, remainders and misalignment all occur.
        byte[] bits = new byte[2 * 65536];
        for (int i = 0; i < 65536; i++)
            BinaryPrimitives.WriteUInt16LittleEndian(bits.AsSpan(2 * i), (ushort)i);
        const string json =
            """{"h":{"dtype":"F16","shape":[65536],"data_offsets":[0,131072]},"b":{"dtype":"BF16","shape":[256,256],"data_offsets":[131072,262144]}}""";
        File.WriteAllBytes(
            _folder["x.safetensors"],
            [.. SafetensorsImage.Of(json + (json.Length % 2 == 0 ? " " : ""), 0), .. bits, .. bits]
        );

        using SafetensorsFile file = SafetensorsFile.Open(_folder["x.safetensors"]);
        float[] half = file.ReadFloats("h"),
            brain = file.ReadFloats("b");
        for (int i = 0; i < 65536; i++)
        {
            Assert.Equal((float)BitConverter.UInt16BitsToHalf((ushort)i), half[i]);
            Assert.Equal(BitConverter.UInt32BitsToSingle((uint)i << 16), brain[i]);
        }

        float[] part = new float[1001];
        file.ReadFloats("b", 64_001, part);
        Assert.Equal(brain[64_001..65_002], part);
    }

    [Fact]
    public void Open_GoldenFile_GivesTypesShapesAndValues()
    {
        using SafetensorsFile golden = SafetensorsFile.Open(Fixtures.Path("tiny-a", "golden.safetensors"));
        Assert.Equal(
            (TensorType.Int64, 5L, 77L),
            (golden.Tensors["sd.token_ids"].Type, golden.Tensors["sd.token_ids"].Shape[0], golden.Tensors["sd.token_ids"].Shape[1])
        );
        Assert.Equal(791, golden.ReadInt64("sd.token_ids")[0]);
        float[] text = golden.ReadFloats("clip.text");
        Assert.InRange(text.Take(32).Sum(v => v * v), 0.999, 1.001);
        Assert.Equal(golden.Tensors["q2.clip.resized_u8"].Count, golden.Bytes("q2.clip.resized_u8").Length);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(20)]
    [InlineData(8912)]
    [InlineData(100_000)]
    public void Open_TruncatedWeights_IsAnError(int length)
    {
        byte[] weights = File.ReadAllBytes(Fixtures.Path("tiny-a", "clip", "open_clip_model.safetensors"));
        File.WriteAllBytes(_folder["open_clip_model.safetensors"], weights[..length]);
        AssertRefused("open_clip_model.safetensors");
    }

    [Theory]
    [InlineData(100_000_000_000)]
    [InlineData(99_000_000)]
    [InlineData(-1)]
    public void Open_HeaderClaimsMoreThanThereIs_IsRefusedAtOnceWithoutAllocating(long claimed)
    {
        byte[] image = SafetensorsImage.Of("{}", 4000);
        BinaryPrimitives.WriteInt64LittleEndian(image, claimed);
        File.WriteAllBytes(_folder["x.safetensors"], image);
        long before = GC.GetAllocatedBytesForCurrentThread();
        long start = Stopwatch.GetTimestamp();
        AssertRefused("the header claims");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void Open_MissingFileOrFolder_NamesIt()
    {
        AssertRefused("x.safetensors: cannot be read");
        Directory.CreateDirectory(_folder["x.safetensors"]);
        AssertRefused("x.safetensors: cannot be read");
    }

    [Fact]
    public void Read_WrongTypeNameOrRange_IsRefused()
    {
        File.WriteAllBytes(
            _folder["x.safetensors"],
            SafetensorsImage.Of(
                """{"i":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},"d":{"dtype":"F64","shape":[1],"data_offsets":[8,16]},"f":{"dtype":"F32","shape":[2],"data_offsets":[16,24]}}""",
                24
            )
        );
        using SafetensorsFile file = SafetensorsFile.Open(_folder["x.safetensors"]);
        Assert.Contains(
            "tensor 'i' has type I64, expected F32, F16 or BF16",
            Assert.Throws<WeightException>(() => file.ReadFloats("i")).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "tensor 'd' has type F64",
            Assert.Throws<WeightException>(() => file.ReadFloats("d")).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "tensor 'f' has type F32, expected I64",
            Assert.Throws<WeightException>(() => file.ReadInt64("f")).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "tensor 'g' is missing",
            Assert.Throws<WeightException>(() => file.ReadFloats("g")).Message,
            StringComparison.Ordinal
        );
        Assert.Throws<ArgumentOutOfRangeException>(() => file.ReadFloats("f", 1, new float[2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.ReadFloats("f", -1, new float[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.ReadFloats("f", 0, new float[3]));
        file.ReadFloats("f", 2, []);
    }

    [Fact]
    public void Bytes_AfterDispose_Throws()
    {
        SafetensorsFile file = SafetensorsFile.Open(Fixtures.Path("tiny-a", "golden.safetensors"));
        file.Dispose();
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => file.ReadFloats("clip.text"));
    }

    private void AssertRefused(string expected) =>
        Assert.Contains(
            expected,
            Assert
                .Throws<WeightException>(() =>
                    SafetensorsFile.Open(_folder[expected.EndsWith(".safetensors", StringComparison.Ordinal) ? expected : "x.safetensors"])
                )
                .Message,
            StringComparison.Ordinal
        );
}
