using System.Globalization;
using System.Text.Json;

namespace ClipFusion.Foundation.Json;

/// <summary>Text of JSON values; a lone surrogate escape makes System.Text.Json throw where a value is read, not where it is
/// parsed.</summary>
public static class JsonText
{
    private const int ShownCharacters = 60;

    /// <summary>A key's name; false where it is no valid Unicode.</summary>
    public static bool TryName(JsonProperty property, out string name)
    {
        try
        {
            name = property.Name;
            return true;
        }
        catch (InvalidOperationException)
        {
            name = "";
            return false;
        }
    }

    /// <summary>A string's text; false where it is no valid Unicode.</summary>
    public static bool TryString(JsonElement json, out string text)
    {
        try
        {
            text = json.GetString()!;
            return true;
        }
        catch (InvalidOperationException)
        {
            text = "";
            return false;
        }
    }

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
}
