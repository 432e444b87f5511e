using ClipFusion.Evaluation.Baselines.Learned;
using ClipFusion.Models.Weights;

namespace ClipFusion.Tests.Evaluation.Baselines;

/// <summary>Files of learned prompts: what is found in them, and what is said of those that don't fit.</summary>
public sealed class PromptFileTests : IDisposable
{
    private const int E = 6,
        Wt = 4;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void PromptAd_SeveralThatFit_TheOneThatSaysMostCounts()
    {
        string path = Write([
            Tensor("text_features", 1, 2, E),
            Tensor("segmentation.text_features", 2, 2, E),
            Tensor("metal nut/text_features", 3, 2, E),
            Tensor("metal nut/classification.normal_ctx", 4, 3, 2, Wt),
            Tensor("metal nut/classification.abnormal_ctx", 5, 2, 1, Wt),
        ]);
        using PromptAdFile file = PromptAdFile.Open(path);
        Assert.Equal(1, Pair("cable", PromptAdTask.Classification));
        Assert.Equal(2, Pair("cable", PromptAdTask.Segmentation));
        Assert.Equal(3, Pair("metal nut", PromptAdTask.Segmentation));
        PromptAdPrompts contexts = file.Of("metal nut", PromptAdTask.Classification, E, () => Wt);
        Assert.Equal((4, 5), (contexts.Normal!.Values[0], contexts.Abnormal!.Values[0]));
        Assert.Null(contexts.Pair);

        float Pair(string word, PromptAdTask task) => file.Of(word, task, E, () => Wt).Pair!.Values[0];
    }

    [Fact]
    public void PromptAd_StatesOfTheObject_ComeBeforeThoseOfAll()
    {
        string path = Write(
            [Tensor("normal_ctx", 1, 1, 2, Wt), Tensor("abnormal_ctx", 1, 1, 1, Wt)],
            new() { ["states"] = "{} with hole", ["cable/states"] = "cut {}\nbent {}\n" }
        );
        using PromptAdFile file = PromptAdFile.Open(path);
        Assert.Equal(["{} with hole"], file.Of("bottle", PromptAdTask.Segmentation, E, () => Wt).States);
        Assert.Equal(["cut {}", "bent {}"], file.Of("cable", PromptAdTask.Segmentation, E, () => Wt).States);
    }

    [Theory]
    [InlineData("has no prompts for 'cable'; text_features [2, E], or normal_ctx", "bottle/text_features 2 6")]
    [InlineData("'text_features' is [3, 6]; [2, 6] is expected", "text_features 3 6")]
    [InlineData("'text_features' is [2, 6, 1]; [2, 6] is expected", "text_features 2 6 1")]
    [InlineData("has no tensor 'abnormal_ctx'; [Q, m, 4] is expected", "normal_ctx 1 2 4")]
    [InlineData("'normal_ctx' is [1, 2, 5]; [P, n, 4] is expected", "normal_ctx 1 2 5", "abnormal_ctx 1 1 4")]
    [InlineData("has 'text_features' and context vectors beside it", "text_features 2 6", "normal_ctx 1 2 4")]
    [InlineData("has values that are not finite", "text_features NaN 2 6")]
    public void PromptAd_FileThatDoesNotFit_IsToldWhatIsExpected(string mention, params string[] tensors)
    {
        using PromptAdFile file = PromptAdFile.Open(Write([.. tensors.Select(Parse)]));
        string message = Assert.Throws<PromptFileException>(() => file.Of("cable", PromptAdTask.Segmentation, E, () => Wt)).Message;
        Assert.Contains(mention, message, StringComparison.Ordinal);
        Assert.Contains("prompts.safetensors", message, StringComparison.Ordinal);
    }

    [Fact]
    public void PromptAd_StateThatNamesNoObject_IsNamed()
    {
        string path = Write([Tensor("normal_ctx", 1, 1, 2, Wt), Tensor("abnormal_ctx", 1, 1, 1, Wt)], new() { ["states"] = "with hole" });
        using PromptAdFile file = PromptAdFile.Open(path);
        Assert.Contains(
            "'with hole' does not name the object",
            Assert.Throws<PromptFileException>(() => file.Of("cable", PromptAdTask.Segmentation, E, () => Wt)).Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("has no tensor 'a.png/positive'; [n, 4] is expected", "b.png/positive 3 4")]
    [InlineData("has no tensor 'a.png/query'; [r, w] is expected", "a.png/positive 3 4", "a.png/negative 3 4")]
    [InlineData("'a.png/positive' has 9 vectors; at most 8 are read", "a.png/positive 9 4", "a.png/negative 3 4", "a.png/query 2 2")]
    [InlineData("'a.png/negative' is [3, 5]; [n, 4] is expected", "a.png/positive 3 4", "a.png/negative 3 5", "a.png/query 2 2")]
    public void Iipad_FileThatDoesNotFit_IsToldWhatIsExpected(string mention, params string[] tensors)
    {
        using IipadFile file = IipadFile.Open(Write([.. tensors.Select(Parse)]));
        Assert.Contains(
            mention,
            Assert.Throws<PromptFileException>(() => file.Of("a.png", Wt, longest: 8)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Iipad_OutputsOfTwoShapes_AreToldApart()
    {
        string[] tensors = ["positive 3 4", "negative 3 4"];
        using IipadFile file = IipadFile.Open(
            Write([
                .. tensors.SelectMany(t => (SafetensorsEntry[])[Parse($"a.png/{t}"), Parse($"b.png/{t}")]),
                Parse("a.png/query 2 3"),
                Parse("b.png/query 2 4"),
            ])
        );
        file.Of("a.png", Wt, longest: 8);
        Assert.Contains(
            "'b.png/query' is [2, 4] and 'a.png/query' [2, 3]; one shape for all pictures is expected",
            Assert.Throws<PromptFileException>(() => file.Of("b.png", Wt, longest: 8)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Open_NoSafetensors_IsNamed()
    {
        string path = _folder["prompts.safetensors"];
        File.WriteAllText(path, "no tensors at all");
        Assert.Contains(path, Assert.Throws<PromptFileException>(() => PromptAdFile.Open(path)).Message, StringComparison.Ordinal);
        Assert.Contains("nowhere", Assert.Throws<PromptFileException>(() => IipadFile.Open("nowhere")).Message, StringComparison.Ordinal);
    }

    private static SafetensorsEntry Parse(string text)
    {
        string[] words = text.Split(' ');
        bool isNaN = words[1] == "NaN";
        return Tensor(words[0], isNaN ? float.NaN : 1, [.. words.Skip(isNaN ? 2 : 1).Select(int.Parse)]);
    }

    private static SafetensorsEntry Tensor(string name, float value, params int[] shape) =>
        SafetensorsEntry.Of(name, [.. Enumerable.Repeat(value, shape.Aggregate(1, (a, b) => a * b))], [.. shape.Select(s => (long)s)]);

    private string Write(SafetensorsEntry[] tensors, Dictionary<string, string>? metadata = null)
    {
        string path = _folder["prompts.safetensors"];
        SafetensorsWriter.Write(path, tensors, metadata);
        return path;
    }
}
