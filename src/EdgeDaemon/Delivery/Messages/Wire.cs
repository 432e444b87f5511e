using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using ClipFusion.EdgeDaemon.Domain;

namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>JSON as the contract has it: UTF-8, camelCase, every key always there (null where there is nothing), times in UTC with
/// milliseconds.</summary>
internal static class Wire
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        // Recipe names keep their letters; the output is no HTML.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters =
        {
            new UtcMilliseconds(),
            new FiniteOrNull(),
            new JsonStringEnumConverter<Verdict>(JsonNamingPolicy.SnakeCaseUpper),
            new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower),
        },
    };

    /// <summary>The message as UTF-8 JSON.</summary>
    public static byte[] Json<T>(T message) => JsonSerializer.SerializeToUtf8Bytes(message, Options);

    /// <summary>Whole milliseconds, never an offset: a reader needs one pattern only.</summary>
    private sealed class UtcMilliseconds : JsonConverter<DateTimeOffset>
    {
        public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.GetDateTimeOffset();

        public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'"));
    }

    /// <summary>JSON has no NaN and no infinity. A verdict must go out whatever a network came up with.</summary>
    private sealed class FiniteOrNull : JsonConverter<double>
    {
        public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDouble();

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
        {
            if (double.IsFinite(value))
                writer.WriteNumberValue(value);
            else
                writer.WriteNullValue();
        }
    }
}
