using System.Text.RegularExpressions;
using ClipFusion.EdgeDaemon.Delivery;

namespace ClipFusion.Tests.EdgeDaemon.Delivery;

public sealed partial class AsyncApiTests
{
    private static readonly string Text = File.ReadAllText(Path.Combine(JsonSchema.Folder, "..", "asyncapi.yaml"));

    [Fact]
    public void Document_NamesEveryTopicAndNoOther() =>
        Assert.Equal(
            Topics.Templates.Order(StringComparer.Ordinal),
            Address().Matches(Text).Select(m => m.Groups[1].Value).Order(StringComparer.Ordinal)
        );

    [Fact]
    public void Document_NamesEverySchemaAndNoOther() =>
        Assert.Equal(
            Directory.GetFiles(JsonSchema.Folder, "*.json").Select(f => "schema/" + Path.GetFileName(f)).Order(StringComparer.Ordinal),
            SchemaReference().Matches(Text).Select(m => m.Groups[1].Value).Distinct().Order(StringComparer.Ordinal)
        );

    [Fact]
    public void Document_LocalReferences_ArePresent()
    {
        foreach (string name in LocalReference().Matches(Text).Select(m => m.Groups[1].Value).Distinct())
            Assert.Matches($@"(?m)^ +{Regex.Escape(name)}:\r?$", Text);
    }

    [Fact]
    public void Document_HasAnOperationForEveryChannel()
    {
        var channels = Channel().Matches(Text).Select(m => m.Groups[1].Value).ToList();
        Assert.Equal(Topics.Templates.Count, channels.Count);
        Assert.Equal(Topics.Templates.Count, channels.Distinct().Count());
    }

    [GeneratedRegex(@"^ +address: (\S+)$", RegexOptions.Multiline)]
    private static partial Regex Address();

    [GeneratedRegex(@"\$ref: '(schema/[^']+)'")]
    private static partial Regex SchemaReference();

    [GeneratedRegex(@"\$ref: '#/(?:[^'/]+/)+([^'/]+)'")]
    private static partial Regex LocalReference();

    [GeneratedRegex(@"^ +\$ref: '#/channels/([^']+)'", RegexOptions.Multiline)]
    private static partial Regex Channel();
}
