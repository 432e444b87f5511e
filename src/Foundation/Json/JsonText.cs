using System.Globalization;
using System.Text.Json;

namespace ClipFusion.Foundation.Json;

/// <summary>Text of JSON values; a lone surrogate escape makes System.Text.Json throw where a value is read, not where it is
/// parsed.</summary>
public static class JsonText
{
    private const int ShownCharacters = 60;

    /// <summary>A key's name; false where it is no valid Unicode.</summary>
    public static bool TryName(JsonProperty property, out string name) => Try(() => property.Name, out name);

    /// <summary>A string's text; false where it is no valid Unicode.</summary>
    public static bool TryString(JsonElement json, out string text) => Try(() => json.GetString()!, out text);

    /// <summary>The value as an error message shows it.</summary>
    public static string Show(JsonElement json) =>
        json.ValueKind switch
        {
            JsonValueKind.Object => "an object",
            JsonValueKind.Array => string.Create(CultureInfo.InvariantCulture, $"an array of {json.GetArrayLength()}"),
            _ => Clip(json.GetRawText()),
        };

    /// <summary>A text of a file as messages show it: of bounded length.</summary>
    public static string Clip(string text) => text.Length <= ShownCharacters ? text : text[..ShownCharacters] + "...";

    private static bool Try(Func<string> get, out string text)
    {
        try
        {
            text = get();
            return true;
        }
        catch (InvalidOperationException)
        {
            text = "";
            return false;
        }
    }
}
