using System.Buffers.Binary;
using System.Text;
using ClipFusion.Models.Weights;

namespace ClipFusion.Tests.Models.Weights;

/// <summary>
/// A damaged file is refused with a <see cref="WeightException"/>, or what it claims is safe to read: every tensor inside the data, none
/// overlapping, the data covered exactly, and each length its type times its shape. (Damage to elements or to names cannot be seen in this
/// format.)
/// </summary>
public sealed class SafetensorsMutationTests
{
    private const string Json =
        """{"__metadata__":{"format":"pt","k":"v"},"w":{"dtype":"F32","shape":[3,2],"data_offsets":[0,24]},"h":{"dtype":"F16","shape":[5],"data_offsets":[24,34]},"""
        + """ "b":{"dtype":"BF16","shape":[],"data_offsets":[34,36]},"i":{"dtype":"I64","shape":[1,2],"data_offsets":[36,52]},"e":{"dtype":"U8","shape":[0],"data_offsets":[52,52]}}""";

    private static readonly string[] Snippets =
    [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\",
        "\\u0000",
        "null",
        "true",
        "-",
        "-1",
        "0",
        "1",
        "9223372036854775807",
        "9223372036854775808",
        "1e3",
        "0.5",
        "\"dtype\":\"F64\",",
        "\"shape\":[9],",
        "\"data_offsets\":[0,24],",
        "\"__metadata__\":{},",
        "4294967296,",
        "\"w\":{},",
        " ",
        "\n",
        "\xFF",
        "{{{{{{{{",
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Parse_TenThousandMutations_RefusedOrSafe(int seed)
    {
        var random = new Random(seed);
        byte[] original = SafetensorsImage.Of(Json, 52);
        int refused = 0;
        for (int round = 0; round < 10_000; round++)
        {
            byte[] image = original;
            for (int edits = random.Next(1, 4); edits > 0; edits--)
                image = Mutate(random, image);
            if (!IsAccepted(image, $"seed {seed}, round {round}"))
                refused++;
        }

        // Most of the image is header, so nearly every mutation that changes anything else than elements is an error.
        Assert.InRange(refused, 5_000, 10_000);
    }

    [Fact]
    public void Parse_EveryTruncation_IsRefused()
    {
        byte[] original = SafetensorsImage.Of(Json, 52);
        for (int length = 0; length < original.Length; length++)
            Assert.False(IsAccepted(original[..length], $"length {length}"));
        Assert.True(IsAccepted(original, "original"));
    }

    [Fact]
    public void Parse_EveryByteOfTheHeaderChanged_RefusedOrSafe()
    {
        byte[] original = SafetensorsImage.Of(Json, 52);
        for (int position = 0; position < original.Length - 52; position++)
        {
            for (int value = 0; value < 256; value += 3)
            {
                byte[] image = [.. original];
                image[position] = (byte)(image[position] + 1 + value);
                IsAccepted(image, $"position {position}, change {value}");
            }
        }
    }

    private static byte[] Mutate(Random random, byte[] image)
    {
        int at = random.Next(image.Length + 1),
            headerAt = Math.Min(image.Length, 8 + random.Next(Json.Length));
        return random.Next(8) switch
        {
            0 => Replace(image, at, 1, [(byte)random.Next(256)]),
            1 => image.Length == 0
                ? image
                : Replace(
                    image,
                    Math.Min(at, image.Length - 1),
                    1,
                    [(byte)(image[Math.Min(at, image.Length - 1)] ^ (1 << random.Next(8)))]
                ),
            2 => image[..at],
            3 => Replace(image, at, random.Next(16), []),
            4 => Replace(image, headerAt, 0, Encoding.Latin1.GetBytes(Snippets[random.Next(Snippets.Length)])),
            5 => WithMatchingLength(
                Replace(image, headerAt, random.Next(8), Encoding.Latin1.GetBytes(Snippets[random.Next(Snippets.Length)])),
                image.Length
            ),
            6 => Replace(image, 0, 8, Length(random.Next(3) == 0 ? random.NextInt64() : random.Next(2 * Json.Length))),
            _ => Replace(image, at, 0, image[Math.Min(at, headerAt)..Math.Max(at, headerAt)]),
        };
    }

    /// <summary>Edits inside the JSON are more telling when the length in front of it is right again.</summary>
    private static byte[] WithMatchingLength(byte[] image, int lengthBefore)
    {
        if (image.Length < 8)
            return image;
        long claimed = BinaryPrimitives.ReadInt64LittleEndian(image);
        return Replace(image, 0, 8, Length(claimed + image.Length - lengthBefore));
    }

    private static byte[] Length(long value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return bytes;
    }

    private static byte[] Replace(byte[] image, int at, int count, byte[] by) =>
        at >= image.Length ? [.. image, .. by] : [.. image[..at], .. by, .. image[Math.Min(image.Length, at + count)..]];

    private static bool IsAccepted(byte[] image, string what)
    {
        SafetensorsHeader header;
        try
        {
            header = SafetensorsHeader.Parse(image, image.Length, "x");
        }
        catch (WeightException)
        {
            return false;
        }

        long end = 0,
            data = image.Length - header.DataStart;
        foreach (TensorInfo tensor in header.Tensors.Values.OrderBy(t => t.Offset).ThenBy(t => t.ByteLength))
        {
            Assert.True(tensor.Offset == end && tensor.ByteLength >= 0 && tensor.ByteLength <= data - end, what);
            Assert.True(
                tensor.Type == TensorType.Other
                    || tensor.ByteLength
                        == tensor.Shape.Aggregate(1L, (product, length) => checked(product * length))
                            * TensorTypes.ElementSize(tensor.Type),
                what
            );
            Assert.All(tensor.Shape, length => Assert.True(length >= 0, what));
            end += tensor.ByteLength;
        }

        Assert.True(end == data, what);
        return true;
    }
}
