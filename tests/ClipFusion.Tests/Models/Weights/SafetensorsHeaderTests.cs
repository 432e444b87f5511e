using ClipFusion.Models.Weights;

namespace ClipFusion.Tests.Models.Weights;

public sealed class SafetensorsHeaderTests
{
    [Theory]
    [InlineData("{}", 0)]
    [InlineData("{ }   \n", 0)]
    [InlineData("""{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}""", 8)]
    [InlineData("""{"b":{"shape":[],"data_offsets":[4,6],"dtype":"BF16"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 6)]
    [InlineData("""{"empty":{"dtype":"F32","shape":[0,7],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}}""", 3)]
    [InlineData("""{"mask":{"dtype":"BOOL","shape":[3],"data_offsets":[0,3]},"q":{"dtype":"F4","shape":[4],"data_offsets":[3,5]}}""", 5)]
    public void Parse_WellFormedHeader_IsAccepted(string json, int dataBytes)
    {
        byte[] image = SafetensorsImage.Of(json, dataBytes);
        SafetensorsHeader header = SafetensorsHeader.Parse(image, image.Length, "x.safetensors");
        Assert.Equal(dataBytes, header.Tensors.Values.Sum(t => t.ByteLength));
    }

    [Theory]
    [InlineData("[]", 0, "does not start with '{'")]
    [InlineData(" {}", 0, "does not start with '{'")]
    [InlineData("{}x", 0, "not valid JSON")]
    [InlineData("{\"a\":{", 0, "not valid JSON")]
    [InlineData("{}", 1, "the tensors take 0 bytes, but 1 bytes of data")]
    [InlineData("""{"a":1}""", 0, "tensor 'a' is a Number, expected an object")]
    [InlineData(
        """{"a":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}}""",
        4,
        "tensor 'a' has dtype 'F31', which the format does not know"
    )]
    [InlineData("""{"a":{"dtype":32,"shape":[1],"data_offsets":[0,4]}}""", 4, "has a Number as dtype")]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,4]}}""",
        4,
        "tensor 'a' takes 4 bytes, expected 12 for F32 of shape [3]"
    )]
    [InlineData("""{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}""", 4, "something else than a 64-bit integer in shape")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-1,-1],"data_offsets":[0,4]}}""", 4, "lengths of at least 0 whose product fits 64 bits")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}""", 0, "whose product fits 64 bits")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,0]}}""", 0, "whose product fits 64 bits")]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}}""",
        4,
        "more than 16 numbers in shape"
    )]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", 4, "data_offsets [4, 0], expected a start and an end")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}""", 4, "data_offsets [-4, 0]")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}""", 4, "data_offsets [0]")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}""", 4, "more than 2 numbers in data_offsets")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1]}}""", 4, "tensor 'a' has no data_offsets")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"extra":0}}""", 4, "has the key 'extra'")]
    [InlineData("""{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "has dtype twice")]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""",
        3,
        "ends at byte 4 of the data, but the file has only 3; it is truncated"
    )]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[9223372036854775800,9223372036854775804]}}""", 4, "leaves a gap")]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}""",
        12,
        "tensor 'b' starts at byte 8 of the data and leaves a gap after the tensor before it, expected byte 4"
    )]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}""",
        6,
        "tensor 'b' starts at byte 2 of the data and overlaps"
    )]
    [InlineData(
        """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""",
        2,
        "tensor 'a' stands in the header twice"
    )]
    [InlineData(
        """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\u0061":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""",
        2,
        "tensor 'a' stands in the header twice"
    )]
    [InlineData("""{"__metadata__":{"a":1}}""", 0, "has a Number at 'a', expected a string")]
    [InlineData("""{"__metadata__":{"a":"1","a":"2"}}""", 0, "has the key 'a' twice")]
    [InlineData("""{"__metadata__":{},"__metadata__":{}}""", 0, "stands in the header twice")]
    [InlineData("""{"\ud800":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}""", 0, "not valid JSON")]
    public void Parse_MalformedHeader_NamesFileTensorAndFault(string json, int dataBytes, string expected)
    {
        byte[] image = SafetensorsImage.Of(json, dataBytes);
        string message = Assert.Throws<WeightException>(() => SafetensorsHeader.Parse(image, image.Length, "x.safetensors")).Message;
        Assert.StartsWith("x.safetensors: ", message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_HugeName_MessageStaysShort()
    {
        byte[] image = SafetensorsImage.Of($$"""{"{{new string('n', 1_000_000)}}":0}""", 0);
        Assert.InRange(Assert.Throws<WeightException>(() => SafetensorsHeader.Parse(image, image.Length, "x")).Message.Length, 1, 400);
    }
}
