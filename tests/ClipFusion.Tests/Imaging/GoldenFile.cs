using System.Buffers.Binary;
using System.Text.Json;

namespace ClipFusion.Tests.Imaging;

/// <summary>Byte tensors of a safetensors file: 8 bytes of header length, a JSON header, then the data.</summary>
internal sealed class GoldenFile(string path)
{
    private readonly byte[] _bytes = File.ReadAllBytes(path);

    public ReadOnlySpan<byte> Bytes(string name)
    {
        int header = (int)BinaryPrimitives.ReadInt64LittleEndian(_bytes);
        using JsonDocument json = JsonDocument.Parse(_bytes.AsMemory(8, header));
        JsonElement tensor = json.RootElement.GetProperty(name);
        Assert.Equal("U8", tensor.GetProperty("dtype").GetString());
        JsonElement offsets = tensor.GetProperty("data_offsets");
        return _bytes.AsSpan(8 + header)[offsets[0].GetInt32()..offsets[1].GetInt32()];
    }
}
