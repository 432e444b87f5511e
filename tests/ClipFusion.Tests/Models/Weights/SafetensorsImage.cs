using System.Buffers.Binary;
using System.Text;

namespace ClipFusion.Tests.Models.Weights;

/// <summary>Safetensors files built by hand, right or wrong.</summary>
internal static class SafetensorsImage
{
    /// <summary>Length, JSON, and that many bytes of data counting up.</summary>
    public static byte[] Of(string json, int dataBytes)
    {
        byte[] header = Encoding.UTF8.GetBytes(json);
        byte[] image = new byte[8 + header.Length + dataBytes];
        BinaryPrimitives.WriteInt64LittleEndian(image, header.Length);
        header.CopyTo(image, 8);
        for (int i = 0; i < dataBytes; i++)
            image[8 + header.Length + i] = (byte)i;
        return image;
    }
}
