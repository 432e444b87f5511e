using System.Buffers.Binary;
using System.Runtime.InteropServices;
using ClipFusion.Models.Weights;

namespace ClipFusion.Tests.Models.Weights;

public sealed class SafetensorsWriterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string File1 => _folder["a.safetensors"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Write_EveryType_ReadsBackAndIsAligned()
    {
        var random = new Random(5);
        byte[] bytes = new byte[13];
        random.NextBytes(bytes);
        float[] floats = [.. Enumerable.Range(0, 6).Select(_ => random.NextSingle())];
        Half[] halves = [(Half)0.5f, (Half)(-2f), Half.MaxValue];
        SafetensorsWriter.Write(
            File1,
            [
                SafetensorsEntry.Of("u", bytes, 13),
                SafetensorsEntry.Of("h", halves, 3),
                SafetensorsEntry.Of("i", [long.MinValue, 7], 2),
                SafetensorsEntry.Of("f", floats, 2, 3),
                SafetensorsEntry.Of("s", [1.5f]),
                SafetensorsEntry.Of("none", Array.Empty<float>(), 0, 4),
            ],
            new Dictionary<string, string> { ["format"] = "pt", ["\"ü"] = "\n" }
        );

        Assert.Equal(0, BinaryPrimitives.ReadInt64LittleEndian(File.ReadAllBytes(File1)) % 8);
        using SafetensorsFile file = SafetensorsFile.Open(File1);
        Assert.Equal("\n", file.Metadata["\"ü"]);
        Assert.Equal(bytes, file.Bytes("u").ToArray());
        Assert.Equal([0.5f, -2f, 65504f], file.ReadFloats("h"));
        Assert.Equal([long.MinValue, 7], file.ReadInt64("i"));
        Assert.Equal(floats, file.ReadFloats("f"));
        Assert.Equal([2, 3], file.Tensors["f"].Shape);
        Assert.Equal([1.5f], file.ReadFloats("s"));
        Assert.Empty(file.Tensors["s"].Shape);
        Assert.Empty(file.ReadFloats("none"));
        Assert.All(file.Tensors.Values, t => Assert.Equal(0, t.Offset % TensorTypes.ElementSize(t.Type)));
    }

    [Fact]
    public void Write_LargeTensor_IsStreamed()
    {
        const int pieces = 64,
            piece = 1 << 20;
        byte[] block = new byte[piece];
        long before = GC.GetAllocatedBytesForCurrentThread();
        SafetensorsWriter.Write(
            File1,
            [
                new SafetensorsEntry(
                    "big",
                    TensorType.Float32,
                    [pieces, piece / 4],
                    stream =>
                    {
                        for (int i = 0; i < pieces; i++)
                        {
                            MemoryMarshal.Cast<byte, float>(block.AsSpan()).Fill(i);
                            stream.Write(block);
                        }
                    }
                ),
            ]
        );
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
        using SafetensorsFile file = SafetensorsFile.Open(File1);
        float[] last = new float[2];
        file.ReadFloats("big", (63L * piece / 4) - 1, last);
        Assert.Equal([62f, 63f], last);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    public void Write_EntryOfTheWrongLength_KeepsTheOldFileAndLeavesNothingElse(int written)
    {
        SafetensorsWriter.Write(File1, [SafetensorsEntry.Of("old", [1f], 1)]);
        var wrong = new SafetensorsEntry("t", TensorType.Float32, [1], stream => stream.Write(new byte[written]));
        string message = Assert.Throws<WeightException>(() => SafetensorsWriter.Write(File1, [wrong])).Message;
        Assert.Contains($"tensor 't' was given", message, StringComparison.Ordinal);
        Assert.Contains("expected 4", message, StringComparison.Ordinal);
        Assert.Equal([File1], Directory.GetFiles(_folder.Root));
        using SafetensorsFile file = SafetensorsFile.Open(File1);
        Assert.True(file.Tensors.ContainsKey("old"));
    }

    [Fact]
    public void Write_OverAnOpenFile_ReadersKeepTheOldOne()
    {
        SafetensorsWriter.Write(File1, [SafetensorsEntry.Of("t", [1f], 1)]);
        using SafetensorsFile old = SafetensorsFile.Open(File1);
        SafetensorsWriter.Write(File1, [SafetensorsEntry.Of("t", [2f], 1)]);
        using SafetensorsFile renewed = SafetensorsFile.Open(File1);
        Assert.Equal((1f, 2f), (old.ReadFloats("t")[0], renewed.ReadFloats("t")[0]));
    }

    [Fact]
    public void Write_TakenNameOrImpossibleShape_IsRefused()
    {
        SafetensorsEntry a = SafetensorsEntry.Of("a", [1f], 1);
        Assert.Contains(
            "'a' is taken",
            Assert.Throws<WeightException>(() => SafetensorsWriter.Write(File1, [a, a])).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "'__metadata__' is taken",
            Assert.Throws<WeightException>(() => SafetensorsWriter.Write(File1, [a with { Name = "__metadata__" }])).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "shape [-1]",
            Assert.Throws<WeightException>(() => SafetensorsWriter.Write(File1, [a with { Shape = [-1] }])).Message,
            StringComparison.Ordinal
        );
        Assert.Empty(Directory.GetFiles(_folder.Root));
    }
}
